import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/** An in-memory server that speaks MongoDB's protocol: Debian has no MongoDB. */
final class MongoMain {
    public static void main(String[] arguments) throws InterruptedException {
        var server = new MongoServer(new MemoryBackend());
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        Thread.currentThread().join();
    }
}
