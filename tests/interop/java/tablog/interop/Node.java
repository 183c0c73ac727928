package tablog.interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.utils.Time;

/** One KRaft node, broker and controller at once, in this process, on the loopback address only. */
final class Node {
    private static final String HOST = "127.0.0.1";
    /** "tablog-golden-01" in the base64 that Kafka writes its ids in. */
    private static final String CLUSTER_ID = "dGFibG9nLWdvbGRlbi0wMQ";

    private Node() {}

    /**
     * Serves a data directory until standard input ends. Whoever started this process holds the other end of that pipe,
     * so that the node ends with its parent, however that ends.
     */
    static void serve(Path folder, Properties settings) throws Exception {
        // Its own data lies in `folder`; its settings lie beside, so that the folder holds what Kafka writes and no more.
        Path file = folder.resolveSibling(folder.getFileName() + ".properties");
        int port = freePort();
        Properties all = properties(folder, port, freePort());
        all.putAll(settings);
        Files.createDirectories(folder);
        try (var writer = Files.newBufferedWriter(file)) {
            all.store(writer, null);
        }
        if (!Files.exists(folder.resolve("meta.properties"))) {
            format(file);
        }
        KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(all, false), Time.SYSTEM);
        server.startup();
        System.out.println("ready " + HOST + ":" + port);
        System.out.flush();
        waitForEndOfInput();
        server.shutdown();
    }

    private static Properties properties(Path folder, int port, int controllerPort) {
        Properties it = new Properties();
        it.putAll(Map.ofEntries(
                Map.entry("process.roles", "broker,controller"),
                Map.entry("node.id", "1"),
                Map.entry("listeners", "PLAINTEXT://" + HOST + ":" + port + ",CONTROLLER://" + HOST + ":" + controllerPort),
                Map.entry("advertised.listeners", "PLAINTEXT://" + HOST + ":" + port),
                Map.entry("controller.listener.names", "CONTROLLER"),
                Map.entry("controller.quorum.voters", "1@" + HOST + ":" + controllerPort),
                Map.entry("log.dirs", folder.toString()),
                Map.entry("offsets.topic.num.partitions", "1"),
                Map.entry("offsets.topic.replication.factor", "1"),
                Map.entry("transaction.state.log.num.partitions", "1"),
                Map.entry("transaction.state.log.replication.factor", "1"),
                Map.entry("transaction.state.log.min.isr", "1"),
                Map.entry("share.coordinator.state.topic.num.partitions", "1"),
                Map.entry("share.coordinator.state.topic.replication.factor", "1"),
                Map.entry("share.coordinator.state.topic.min.isr", "1"),
                Map.entry("auto.create.topics.enable", "false"),
                Map.entry("group.initial.rebalance.delay.ms", "0"),
                // Records here are years old on purpose; none shall be taken away for it.
                Map.entry("log.retention.ms", "-1"),
                // No idle records every half second in the metadata log.
                Map.entry("metadata.max.idle.interval.ms", "0"),
                Map.entry("log.cleaner.dedupe.buffer.size", "2097152")));
        return it;
    }

    private static void format(Path file) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        String[] words = {"format", "--cluster-id", CLUSTER_ID, "--config", file.toString()};
        if (StorageTool.execute(words, new PrintStream(printed, true)) != 0) {
            throw new IllegalStateException("the data directory cannot be formatted: " + printed);
        }
    }

    /** Finds a port of the loopback address that nobody listens on. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            return socket.getLocalPort();
        }
    }

    private static void waitForEndOfInput() throws IOException {
        byte[] ignored = new byte[64];
        while (System.in.read(ignored) >= 0) {
            // Whatever is said, only the end of it counts.
        }
    }
}
