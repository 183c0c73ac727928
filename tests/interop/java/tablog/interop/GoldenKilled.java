package tablog.interop;

import static tablog.interop.Payloads.some;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.storage.internals.log.LogSegment;

/** Data directories of brokers that were killed: files with their full preallocated length, half-done deletes and compactions. */
final class GoldenKilled {
    private static final int SECONDS_MAX = 60;
    private static final String FOREVER = String.valueOf(Long.MAX_VALUE);

    private GoldenKilled() {}

    /** Kills a broker with a preallocated log, deletes that wait for their delay, and an open transaction. */
    static void killed(Path data) throws Exception {
        try (Broker broker = Broker.start(data, "log.retention.check.interval.ms=200", "log.initial.task.delay.ms=200")) {
            String address = broker.address();
            Clients.createTopic(address, "preallocated", 1, "preallocate", "true", "internal.segment.bytes", "20000");
            Clients.createTopic(address, "open-transaction", 1);
            Clients.createTopic(address, "deleted-segments", 1, with(GoldenTopics.SMALL_SEGMENTS, "file.delete.delay.ms", "3600000"));
            Clients.createTopic(address, "deleted-topic", 1, "file.delete.delay.ms", "3600000");
            try (KafkaProducer<byte[], byte[]> producer = Clients.producer(address, "none", true, null);
                    Admin admin = Clients.admin(address)) {
                for (String topic : List.of("preallocated", "deleted-segments", "deleted-topic")) {
                    for (int batch = 0; batch < 12; batch++) {
                        Clients.sendBatch(producer, some(topic, "batch-" + batch, 5));
                    }
                }
                TopicPartition partition = new TopicPartition("deleted-segments", 0);
                admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(47))).all().get();
                admin.deleteTopics(List.of("deleted-topic")).all().get();
            }
            KafkaProducer<byte[], byte[]> open = Clients.producer(address, "none", true, "open");
            open.initTransactions();
            open.beginTransaction();
            Clients.sendBatch(open, some("open-transaction", "open", 3));
            open.close(Duration.ZERO);
            await(data, "/deleted-segments-0/", ".log.deleted");
            await(data, "-delete/", ".log");
            broker.kill();
        }
    }

    /** Kills a broker whose cleaner has written its new segment, but not put it in place: {@code .cleaned} files. */
    static void killedWhileCleaning(Path data) throws Exception {
        killedWhenRenaming(data, ".cleaned");
    }

    /** Kills a broker amid the renames: the new segment waits as {@code .swap}, the old ones are {@code .deleted} already. */
    static void killedWhileSwapping(Path data) throws Exception {
        killedWhenRenaming(data, ".swap");
    }

    /** Kills a broker when its cleaner is about to take a suffix away from a new segment's files. */
    private static void killedWhenRenaming(Path data, String suffix) throws Exception {
        int port = Node.freePort();
        List<String> debug = List.of("-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,quiet=y,address=127.0.0.1:" + port);
        // The cleaner must not begin before all is written.
        try (Broker broker = Broker.start(data, debug, "log.cleaner.backoff.ms=1000")) {
            String address = broker.address();
            Clients.createTopic(address, "compacted", 1, with(GoldenTopics.compaction("86400000"), "min.compaction.lag.ms", FOREVER));
            new GoldenTopics(address, data).writeToCompact("compacted", "none");
            Breakpoint breakpoint = new Breakpoint(port, LogSegment.class.getName(), "changeFileSuffixes", suffix);
            Clients.setConfig(address, "compacted", "min.compaction.lag.ms", "0");
            breakpoint.await(SECONDS_MAX);
            broker.kill();
        }
        if (!hasFile(data, "/compacted-0/", ".log" + suffix)) {
            throw new IllegalStateException("the killed broker left no .log" + suffix);
        }
    }

    /**
     * Makes by hand, out of a broker's own log, what a machine without power leaves and a killed process does not: a batch
     * that was written in part, and zeros where the file had grown already.
     */
    static void damaged(Path log, Path data) throws Exception {
        byte[] whole = Files.readAllBytes(log);
        int first = 12 + ByteBuffer.wrap(whole).getInt(8);
        save(data.resolve("cut-off-in-a-record-0"), Arrays.copyOf(whole, first + 100));
        save(data.resolve("cut-off-in-a-header-0"), Arrays.copyOf(whole, first + 30));
        save(data.resolve("zeros-at-the-end-0"), Arrays.copyOf(Arrays.copyOf(whole, first), first + 5_000));
    }

    private static void save(Path folder, byte[] bytes) throws Exception {
        Files.createDirectories(folder);
        Files.write(folder.resolve("00000000000000000000.log"), bytes);
    }

    /** Waits until there is such a file with something in it. */
    private static void await(Path data, String folder, String suffix) throws Exception {
        long sinceNanos = System.nanoTime();
        while (!hasFile(data, folder, suffix)) {
            if (System.nanoTime() - sinceNanos > TimeUnit.SECONDS.toNanos(SECONDS_MAX)) {
                throw new IllegalStateException("no file " + folder + "*" + suffix + " in " + data);
            }
            Thread.sleep(20);
        }
    }

    private static boolean hasFile(Path data, String folder, String suffix) throws Exception {
        for (Path partition : Golden.folders(data)) {
            try (Stream<Path> files = Files.list(partition)) {
                if (files.anyMatch(file -> file.toString().contains(folder) && file.toString().endsWith(suffix) && file.toFile().length() > 0)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String[] with(String[] some, String... more) {
        return Stream.concat(Arrays.stream(some), Arrays.stream(more)).toArray(String[]::new);
    }
}
