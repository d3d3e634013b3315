import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import redis.clients.jedis.Jedis;

/** Jedis on Redis. */
final class JedisProgram implements Corpus.Program {
    private Jedis client;

    @Override
    public void prepare() {
        client = new Jedis(URI.create(System.getenv("REDIS_URL")));
        client.flushAll();
        for (int n = 1; n <= 20; n++) client.set("visit:" + n, "x");
    }

    private Corpus.Work get(int last) {
        return () -> {
            for (int n = 1; n <= last; n++) client.get("visit:" + n);
        };
    }

    @Override
    public Map<String, Corpus.Work> cases() {
        var cases = new LinkedHashMap<String, Corpus.Work>();
        cases.put("jedis_get_each", get(12));
        cases.put("jedis_four", get(4));
        cases.put("jedis_mget", () -> client.mget("visit:1", "visit:2", "visit:3", "visit:4", "visit:5"));
        cases.put("jedis_same", () -> {
            for (int n = 0; n < 7; n++) client.get("visit:1");
        });
        return cases;
    }
}
