import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.OneToMany;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;

/** Hibernate on H2. */
final class HibernateProgram implements Corpus.Program {
    @Entity(name = "Ship")
    static class Ship {
        @Id
        @GeneratedValue(strategy = GenerationType.IDENTITY)
        Long id;

        String name;

        @ManyToOne(fetch = FetchType.LAZY)
        Harbour harbour;

        @OneToMany(mappedBy = "ship")
        List<Sailor> crew = new ArrayList<>();
    }

    @Entity(name = "Harbour")
    static class Harbour {
        @Id
        @GeneratedValue(strategy = GenerationType.IDENTITY)
        Long id;

        String name;

        String getName() {
            return name;
        }
    }

    @Entity(name = "Sailor")
    static class Sailor {
        @Id
        @GeneratedValue(strategy = GenerationType.SEQUENCE)
        Long id;

        String name;

        @ManyToOne(fetch = FetchType.LAZY)
        Ship ship;
    }

    private SessionFactory factory;

    @Override
    public void prepare() {
        factory = new Configuration()
                .addAnnotatedClass(Ship.class)
                .addAnnotatedClass(Harbour.class)
                .addAnnotatedClass(Sailor.class)
                .setProperty("hibernate.connection.url", "jdbc:h2:mem:fleet")
                .setProperty("hibernate.hbm2ddl.auto", "create")
                .buildSessionFactory();
        factory.inTransaction(session -> {
            for (int n = 1; n <= 12; n++) {
                var harbour = new Harbour();
                harbour.name = "harbour " + n;
                session.persist(harbour);
                var ship = new Ship();
                ship.name = "ship " + n;
                ship.harbour = harbour;
                session.persist(ship);
                var sailor = new Sailor();
                sailor.name = "sailor " + n;
                sailor.ship = ship;
                session.persist(sailor);
            }
        });
    }

    private static List<Ship> ships(Session session, String query, int most) {
        return session.createSelectionQuery(query, Ship.class).setMaxResults(most).getResultList();
    }

    private Corpus.Work in(Consumer<Session> work) {
        return () -> factory.inTransaction(work);
    }

    @Override
    public Map<String, Corpus.Work> cases() {
        var cases = new LinkedHashMap<String, Corpus.Work>();
        cases.put("hibernate_lazy_one", in(s -> ships(s, "from Ship", 12).forEach(x -> x.harbour.getName())));
        cases.put("hibernate_lazy_four", in(s -> ships(s, "from Ship", 4).forEach(x -> x.harbour.getName())));
        cases.put("hibernate_join_fetch",
                in(s -> ships(s, "from Ship x join fetch x.harbour", 12).forEach(x -> x.harbour.getName())));
        cases.put("hibernate_lazy_many", in(s -> ships(s, "from Ship", 12).forEach(x -> x.crew.size())));
        cases.put("hibernate_nested", in(s -> ships(s, "from Ship", 12).forEach(x -> {
            x.harbour.getName();
            x.crew.size();
        })));
        cases.put("hibernate_find_each", in(s -> {
            for (long n = 1; n <= 8; n++) s.find(Harbour.class, n);
        }));
        cases.put("hibernate_multi_load",
                in(s -> s.byMultipleIds(Harbour.class).multiLoad(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L)));
        cases.put("hibernate_query_again", in(s -> {
            for (int n = 0; n < 6; n++) s.createSelectionQuery("select count(*) from Harbour", Long.class).getSingleResult();
        }));
        cases.put("hibernate_persist_identity", in(s -> {
            for (int n = 0; n < 6; n++) s.persist(new Harbour());
        }));
        cases.put("hibernate_persist_sequence", in(s -> {
            s.setJdbcBatchSize(20);
            for (int n = 0; n < 6; n++) s.persist(new Sailor());
        }));
        cases.put("hibernate_update_each", in(s -> ships(s, "from Ship", 6).forEach(x -> x.name += "!")));
        cases.put("hibernate_update_batch", in(s -> {
            s.setJdbcBatchSize(20);
            ships(s, "from Ship", 6).forEach(x -> x.name += "!");
        }));
        cases.put("hibernate_update_query",
                in(s -> s.createMutationQuery("update Ship set name = 'renamed'").executeUpdate()));
        return cases;
    }
}
