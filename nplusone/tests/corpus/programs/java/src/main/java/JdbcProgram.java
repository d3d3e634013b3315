import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Plain JDBC on PostgreSQL. */
final class JdbcProgram implements Corpus.Program {
    private static final String BY_ID = "SELECT name FROM river WHERE id = ?";
    private Connection connection;

    @Override
    public void prepare() throws SQLException {
        var url = URI.create(System.getenv("DATABASE_URL"));
        var address = "jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath();
        connection = DriverManager.getConnection(address, url.getUserInfo(), "");
        try (var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE river AS SELECT n AS id, 'river ' || n AS name"
                    + " FROM generate_series(1, 900) AS n");
        }
    }

    private void read(String sql, Object... values) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            set(statement, values);
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    rows.getString(1);
                }
            }
        }
    }

    private static void set(PreparedStatement statement, Object... values) throws SQLException {
        for (int n = 0; n < values.length; n++) {
            statement.setObject(n + 1, values[n]);
        }
    }

    private Corpus.Work readEach(int last) {
        return () -> {
            for (int n = 1; n <= last; n++) read(BY_ID, n);
        };
    }

    private Corpus.Work insert(boolean isBatch) {
        return () -> {
            try (var statement = connection.prepareStatement("INSERT INTO river VALUES (?, ?)")) {
                for (int n = 0; n < 6; n++) {
                    set(statement, 1000 + n, "new");
                    if (isBatch) statement.addBatch();
                    else statement.executeUpdate();
                }
                if (isBatch) statement.executeBatch();
            }
        };
    }

    @Override
    public Map<String, Corpus.Work> cases() {
        var cases = new LinkedHashMap<String, Corpus.Work>();
        cases.put("jdbc_loop", readEach(10));
        cases.put("jdbc_four", readEach(4));
        cases.put("jdbc_in", () -> read("SELECT name FROM river WHERE id IN (?, ?, ?, ?, ?)", 1, 2, 3, 4, 5));
        cases.put("jdbc_literals", () -> {
            for (int n = 1; n <= 8; n++) read("SELECT name FROM river WHERE id = " + n);
        });
        cases.put("jdbc_count_again", () -> {
            for (int n = 0; n < 6; n++) read("SELECT count(*) FROM river");
        });
        cases.put("jdbc_insert_each", insert(false));
        cases.put("jdbc_batch", insert(true));
        cases.put("jdbc_pages", () -> {
            for (int n = 0; n < 6; n++) read("SELECT name FROM river ORDER BY id LIMIT 100 OFFSET ?", n * 100);
        });
        cases.put("jdbc_two_tables", () -> {
            for (int n = 0; n < 3; n++) {
                read(BY_ID, n);
                read("SELECT id FROM river WHERE name = ?", "river " + n);
            }
        });
        return cases;
    }
}
