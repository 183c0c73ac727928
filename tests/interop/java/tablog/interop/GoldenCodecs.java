package tablog.interop;

import static tablog.interop.Payloads.edges;
import static tablog.interop.Payloads.some;

import java.util.List;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Each writer with each codec, in each of the ways in which a producer writes: one topic for each. */
final class GoldenCodecs {
    static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    private final String address;

    private GoldenCodecs(String address) {
        this.address = address;
    }

    static void write(String address) throws Exception {
        GoldenCodecs it = new GoldenCodecs(address);
        for (String codec : CODECS) {
            it.plain(codec);
            it.logAppendTime(codec);
            it.idempotent(codec);
            it.committed(codec);
            it.aborted(codec);
            it.mixed(codec);
        }
    }

    private String topic(String codec, String kind, String... configs) throws Exception {
        String topic = "java-" + codec + "-" + kind;
        Clients.createTopic(address, topic, 1, configs);
        return topic;
    }

    private void plain(String codec) throws Exception {
        writePlain(topic(codec, "plain"), codec);
    }

    private void logAppendTime(String codec) throws Exception {
        writePlain(topic(codec, "log-append-time", "message.timestamp.type", "LogAppendTime"), codec);
    }

    private void writePlain(String topic, String codec) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(address, codec, false, null)) {
            Clients.sendBatch(producer, edges(topic));
            Clients.sendBatch(producer, some(topic, "one", 1));
            Clients.sendBatch(producer, some(topic, "many", 20));
        }
    }

    private void idempotent(String codec) throws Exception {
        String topic = topic(codec, "idempotent");
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(address, codec, true, null)) {
            Clients.sendBatch(producer, edges(topic));
            Clients.sendBatch(producer, some(topic, "second", 3));
        }
    }

    private void committed(String codec) throws Exception {
        String topic = topic(codec, "committed");
        try (KafkaProducer<byte[], byte[]> producer = transactional(topic)) {
            commit(producer, edges(topic));
            commit(producer, some(topic, "second", 2));
        }
    }

    private void aborted(String codec) throws Exception {
        String topic = topic(codec, "aborted");
        try (KafkaProducer<byte[], byte[]> producer = transactional(topic)) {
            abort(producer, edges(topic));
            abort(producer, some(topic, "second", 2));
        }
    }

    /** Everything in one partition: two transactions that overlap, one that is still open, and batches of none. */
    private void mixed(String codec) throws Exception {
        String topic = topic(codec, "mixed");
        try (KafkaProducer<byte[], byte[]> none = Clients.producer(address, codec, false, null);
                KafkaProducer<byte[], byte[]> idempotent = Clients.producer(address, codec, true, null);
                KafkaProducer<byte[], byte[]> commits = transactional(topic + "-commits", codec);
                KafkaProducer<byte[], byte[]> aborts = transactional(topic + "-aborts", codec)) {
            Clients.sendBatch(none, some(topic, "plain", 2));
            abort(aborts, some(topic, "aborted", 2));
            commits.beginTransaction();
            Clients.sendBatch(commits, some(topic, "commits", 2));
            aborts.beginTransaction();
            Clients.sendBatch(aborts, some(topic, "aborts", 1));
            Clients.sendBatch(idempotent, edges(topic));
            Clients.sendBatch(commits, some(topic, "commits-on", 1));
            Clients.sendBatch(aborts, some(topic, "aborts-on", 3));
            commits.commitTransaction();
            Clients.sendBatch(none, some(topic, "between", 1));
            aborts.abortTransaction();
            commit(aborts, some(topic, "aborts-commits", 1));
            commits.beginTransaction();
            Clients.sendBatch(commits, some(topic, "open", 2));
            Clients.sendBatch(none, some(topic, "after", 1));
            // A close would abort what is open: the process forgets it instead.
            forget(commits);
        }
    }

    private KafkaProducer<byte[], byte[]> transactional(String topic) {
        return transactional(topic, topic.split("-")[1]);
    }

    private KafkaProducer<byte[], byte[]> transactional(String transactionalId, String codec) {
        KafkaProducer<byte[], byte[]> producer = Clients.producer(address, codec, true, transactionalId);
        producer.initTransactions();
        return producer;
    }

    private static void commit(KafkaProducer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records)
            throws Exception {
        producer.beginTransaction();
        Clients.sendBatch(producer, records);
        producer.commitTransaction();
    }

    private static void abort(KafkaProducer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records)
            throws Exception {
        producer.beginTransaction();
        Clients.sendBatch(producer, records);
        producer.abortTransaction();
    }

    private static void forget(KafkaProducer<byte[], byte[]> producer) {
        producer.close(java.time.Duration.ZERO);
    }
}
