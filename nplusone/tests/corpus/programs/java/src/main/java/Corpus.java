import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;

/**
 * Programs in Java whose traces are recorded under OpenTelemetry's agent: the name of a case on
 * each line of the standard input, "done" when it is over.
 */
final class Corpus {
    /** A case; it may fail with anything. */
    interface Work {
        void run() throws Exception;
    }

    /** A program prepares its data, and then has cases by name. */
    interface Program {
        void prepare() throws Exception;

        Map<String, Work> cases();
    }

    public static void main(String[] arguments) throws Exception {
        Program program = switch (arguments[0]) {
            case "hibernate" -> new HibernateProgram();
            case "jdbc" -> new JdbcProgram();
            case "jedis" -> new JedisProgram();
            case "javamongo" -> new MongoProgram();
            case "httpclient" -> new HttpProgram();
            default -> throw new IllegalArgumentException(arguments[0]);
        };
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (var name = lines.readLine(); name != null; name = lines.readLine()) {
            if (name.equals("ready")) {
                program.prepare();
                Thread.sleep(500); // the agent sends what the preparation made
            } else {
                request(name, program.cases().get(name));
            }
            System.out.println("done");
        }
        System.exit(0);
    }

    /** Does a case in a SERVER span, as a framework's instrumentation makes it. */
    private static void request(String name, Work work) throws Exception {
        var span = GlobalOpenTelemetry.getTracer("nplusone.corpus")
                .spanBuilder("GET /" + name)
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("http.request.method", "GET")
                .setAttribute("http.route", "/" + name)
                .startSpan();
        try (var scope = span.makeCurrent()) {
            work.run();
        } finally {
            span.end();
        }
    }
}
