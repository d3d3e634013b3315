import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.LinkedHashMap;
import java.util.Map;

/** java.net.http and the JDK's own server. */
final class HttpProgram implements Corpus.Program {
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private String url;
    private int tries;

    @Override
    public void prepare() throws Exception {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            boolean isBusy = exchange.getRequestURI().getPath().equals("/busy") && ++tries % 7 != 0;
            exchange.sendResponseHeaders(isBusy ? 503 : 200, -1);
            exchange.close();
        });
        server.start();
        url = "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private int get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(url + path)).build(), BodyHandlers.discarding())
                .statusCode();
    }

    private Corpus.Work each(int last, String prefix) {
        return () -> {
            for (int n = 1; n <= last; n++) get(prefix + n);
        };
    }

    @Override
    public Map<String, Corpus.Work> cases() {
        var cases = new LinkedHashMap<String, Corpus.Work>();
        cases.put("httpclient_loop", each(9, "/parcels/"));
        cases.put("httpclient_four", each(4, "/parcels/"));
        cases.put("httpclient_pages", each(6, "/parcels?page="));
        cases.put("httpclient_ids", () -> get("/parcels?ids=1,2,3,4,5,6,7,8,9"));
        cases.put("httpclient_retries", () -> {
            while (get("/busy") == 503) {
                Thread.onSpinWait();
            }
        });
        return cases;
    }
}
