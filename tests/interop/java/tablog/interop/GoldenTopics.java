package tablog.interop;

import static tablog.interop.Payloads.TIME;
import static tablog.interop.Payloads.record;
import static tablog.interop.Payloads.some;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** What a broker makes of logs in the course of time: segments, compaction, leader epochs, deleted records. */
final class GoldenTopics {
    /** Small enough that a few batches fill a segment, large enough for each of ours. */
    static final String[] SMALL_SEGMENTS = {"internal.segment.bytes", "1200", "segment.index.bytes", "1024"};

    private final String address;
    private final Path data;

    GoldenTopics(String address, Path data) {
        this.address = address;
        this.data = data;
    }

    /** Writes all topics. Those with several leader epochs get more with each {@link #writeEpoch}. */
    void write() throws Exception {
        for (String codec : GoldenCodecs.CODECS) {
            large(codec);
            recompressed(codec);
        }
        segments();
        deletedRecords();
        partitions();
        Clients.createTopic(address, "empty", 1);
        Clients.createTopic(address, "leader-epochs", 1);
        writeEpoch(0);
        compacted("compacted-none", "none", "86400000");
        compacted("compacted-lz4", "lz4", "86400000");
        compacted("compacted-tombstones-gone", "none", "0");
    }

    /** Writes one batch more; the broker was started anew since the last one, which gives its partitions a new epoch. */
    void writeEpoch(int epoch) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(address, "none", true, null)) {
            Clients.sendBatch(producer, some("leader-epochs", "epoch-" + epoch, 2));
        }
    }

    /** 300 KB that compress well, in several blocks of each codec's frame, and 20 KB that do not. */
    private void large(String codec) throws Exception {
        String topic = "large-" + codec;
        Clients.createTopic(address, topic, 1);
        StringBuilder value = new StringBuilder();
        for (int line = 0; value.length() < 300_000; line++) {
            value.append("{\"line\":").append(line).append(",\"text\":\"the same again and again\"}\n");
        }
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(address, codec, true, null)) {
            Clients.sendBatch(producer, List.of(
                    record(topic, TIME, "compressible", value.toString()),
                    new ProducerRecord<>(topic, 0, TIME + 1, Payloads.text("noise"), Payloads.noise(20_000, 7)),
                    record(topic, TIME + 2, "small", "after the large ones")));
        }
    }

    /** What the producer sent in one codec and the broker wrote in another. */
    private void recompressed(String codec) throws Exception {
        String topic = "recompressed-" + codec;
        Clients.createTopic(address, topic, 1, "compression.type", codec.equals("none") ? "uncompressed" : codec);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(address, codec.equals("none") ? "lz4" : "none", true, null)) {
            Clients.sendBatch(producer, Payloads.edges(topic));
        }
    }

    /** Several segments, with transactions that reach from one into another. */
    private void segments() throws Exception {
        String topic = "segments";
        Clients.createTopic(address, topic, 1, SMALL_SEGMENTS);
        try (KafkaProducer<byte[], byte[]> idempotent = Clients.producer(address, "none", true, null);
                KafkaProducer<byte[], byte[]> aborts = transactional(topic + "-aborts");
                KafkaProducer<byte[], byte[]> commits = transactional(topic + "-commits")) {
            for (int round = 0; round < 3; round++) {
                aborts.beginTransaction();
                commits.beginTransaction();
                for (int batch = 0; batch < 4; batch++) {
                    String name = round + "-" + batch;
                    Clients.sendBatch(aborts, some(topic, "aborts-" + name, 2));
                    Clients.sendBatch(idempotent, some(topic, "idempotent-" + name, 3));
                    Clients.sendBatch(commits, some(topic, "commits-" + name, 2));
                }
                aborts.abortTransaction();
                commits.commitTransaction();
            }
        }
    }

    /** The log begins within its first segment. */
    private void deletedRecords() throws Exception {
        String topic = "deleted-records";
        Clients.createTopic(address, topic, 1, SMALL_SEGMENTS);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(address, "none", true, null);
                Admin admin = Clients.admin(address)) {
            for (int batch = 0; batch < 8; batch++) {
                Clients.sendBatch(producer, some(topic, "batch-" + batch, 5));
            }
            TopicPartition partition = new TopicPartition(topic, 0);
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(17))).all().get();
        }
    }

    /** Three partitions of a topic whose name has every character that a name may have. */
    private void partitions() throws Exception {
        String topic = "Three.partitions_of-1";
        Clients.createTopic(address, topic, 3);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(address, "none", true, null)) {
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (ProducerRecord<byte[], byte[]> record : some(topic, "any", 9)) {
                records.add(new ProducerRecord<>(topic, null, record.timestamp(), record.key(), record.value()));
            }
            Clients.sendBatch(producer, records);
        }
    }

    private void compacted(String topic, String codec, String deleteRetentionMs) throws Exception {
        Clients.createTopic(address, topic, 1, compaction(deleteRetentionMs));
        writeToCompact(topic, codec);
        awaitCleaned(topic);
        if (deleteRetentionMs.equals("0")) {
            // The first pass stamps the tombstones, a later one may take them.
            writeToCompact(topic, codec);
            awaitCleaned(topic);
        }
    }

    /** The configs of a topic that is compacted whenever there is anything to compact. */
    static String[] compaction(String deleteRetentionMs) {
        List<String> configs = new ArrayList<>(List.of(SMALL_SEGMENTS));
        configs.addAll(List.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01",
                "delete.retention.ms", deleteRetentionMs));
        return configs.toArray(String[]::new);
    }

    /** Writes values that are superseded, tombstones, an aborted transaction, and producers whose every record goes. */
    void writeToCompact(String topic, String codec) throws Exception {
        try (KafkaProducer<byte[], byte[]> once = Clients.producer(address, codec, true, null);
                KafkaProducer<byte[], byte[]> producer = Clients.producer(address, codec, true, null);
                KafkaProducer<byte[], byte[]> transactions = transactional(topic, codec)) {
            Clients.sendBatch(once, round(topic, "once", 4));
            transactions.beginTransaction();
            Clients.sendBatch(transactions, round(topic, "aborted", 5));
            transactions.abortTransaction();
            for (int round = 0; round < 6; round++) {
                Clients.sendBatch(producer, round(topic, "round-" + round, 3 + round));
            }
            transactions.beginTransaction();
            Clients.sendBatch(transactions, round(topic, "committed", 5));
            transactions.commitTransaction();
            Clients.sendBatch(producer, List.of(
                    record(topic, TIME + 500, "key-0", null),
                    record(topic, TIME + 501, "key-7", null),
                    record(topic, TIME + 502, "only a tombstone", null)));
            for (int round = 0; round < 4; round++) {
                Clients.sendBatch(producer, some(topic, "filler-" + round, 6));
            }
        }
    }

    private static List<ProducerRecord<byte[], byte[]>> round(String topic, String name, int keys) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int key = 0; key < keys; key++) {
            records.add(record(topic, TIME + key, "key-" + key, name + ", a value that makes the record longer"));
        }
        return records;
    }

    /** Waits until the cleaner has gone through all segments but the last. */
    private void awaitCleaned(String topic) throws Exception {
        long sinceNanos = System.nanoTime();
        long active = lastSegment(topic);
        while (cleanedUpTo(topic) < active) {
            if (System.nanoTime() - sinceNanos > TimeUnit.SECONDS.toNanos(60)) {
                throw new IllegalStateException(topic + " was not compacted");
            }
            Thread.sleep(100);
        }
    }

    private long lastSegment(String topic) {
        long last = 0;
        for (String name : data.resolve(topic + "-0").toFile().list()) {
            if (name.endsWith(".log")) {
                last = Math.max(last, Long.parseLong(name.substring(0, 20)));
            }
        }
        return last;
    }

    private long cleanedUpTo(String topic) throws IOException {
        Path checkpoint = data.resolve("cleaner-offset-checkpoint");
        if (Files.exists(checkpoint)) {
            for (String line : Files.readAllLines(checkpoint)) {
                if (line.startsWith(topic + " 0 ")) {
                    return Long.parseLong(line.split(" ")[2]);
                }
            }
        }
        return -1;
    }

    private KafkaProducer<byte[], byte[]> transactional(String id) {
        return transactional(id, "none");
    }

    private KafkaProducer<byte[], byte[]> transactional(String id, String codec) {
        KafkaProducer<byte[], byte[]> producer = Clients.producer(address, codec, true, id);
        producer.initTransactions();
        return producer;
    }
}
