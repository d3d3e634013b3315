import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bson.Document;

/** MongoDB's own driver. */
final class MongoProgram implements Corpus.Program {
    private MongoCollection<Document> trees;

    @Override
    public void prepare() {
        MongoDatabase database = MongoClients.create(System.getenv("MONGO_URL")).getDatabase("forest");
        trees = database.getCollection("trees");
        trees.drop();
        trees.insertMany(documents(1, 200));
    }

    private static List<Document> documents(int first, int count) {
        var documents = new ArrayList<Document>();
        for (int n = first; n < first + count; n++) documents.add(new Document("_id", n).append("name", "tree " + n));
        return documents;
    }

    private Corpus.Work find(int last) {
        return () -> {
            for (int n = 1; n <= last; n++) trees.find(Filters.eq("_id", n)).first();
        };
    }

    @Override
    public Map<String, Corpus.Work> cases() {
        var cases = new LinkedHashMap<String, Corpus.Work>();
        cases.put("javamongo_find_each", find(10));
        cases.put("javamongo_four", find(4));
        cases.put("javamongo_in", () -> trees.find(Filters.in("_id", 1, 2, 3, 4, 5, 6)).into(new ArrayList<>()));
        cases.put("javamongo_cursor", () -> trees.find().batchSize(20).into(new ArrayList<>()));
        cases.put("javamongo_insert_each", () -> documents(1000, 6).forEach(trees::insertOne));
        cases.put("javamongo_insert_many", () -> trees.insertMany(documents(2000, 60)));
        cases.put("javamongo_update_each", () -> {
            for (int n = 1; n <= 6; n++) trees.updateOne(Filters.eq("_id", n), Updates.set("age", 7));
        });
        return cases;
    }
}
