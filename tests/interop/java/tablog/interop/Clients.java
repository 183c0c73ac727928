package tablog.interop;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's Java clients, set up so that the same calls give the same batches. */
final class Clients {
    private static final long FENCED_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

    private Clients() {}

    static Admin admin(String address) {
        return Admin.create(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, address));
    }

    /** Makes a topic with configs {@code name, value, name, value, ...}. */
    static void createTopic(String address, String topic, int partitions, String... configs)
            throws ExecutionException, InterruptedException {
        Map<String, String> map = new HashMap<>();
        // Every batch gets an entry: the files are small, their indexes shall not be empty.
        map.put("index.interval.bytes", "1");
        // While a segment is written to, its indexes have this length.
        map.put("segment.index.bytes", "4096");
        // The records' times and those of a broker's markers lie years apart, which would make a segment of each.
        map.put("segment.ms", String.valueOf(Long.MAX_VALUE));
        for (int i = 0; i < configs.length; i += 2) {
            map.put(configs[i], configs[i + 1]);
        }
        create(address, List.of(new NewTopic(topic, partitions, (short) 1).configs(map)));
    }

    /** Makes topics with the broker's defaults, each {@code name:partitions}. */
    static void createTopics(String address, List<String> topics) throws ExecutionException, InterruptedException {
        create(address, topics.stream()
                .map(topic -> topic.split(":"))
                .map(pair -> new NewTopic(pair[0], Integer.parseInt(pair[1]), (short) 1))
                .toList());
    }

    private static void create(String address, List<NewTopic> wanted) throws ExecutionException, InterruptedException {
        long sinceNanos = System.nanoTime();
        try (Admin admin = admin(address)) {
            while (true) {
                try {
                    admin.createTopics(wanted).all().get();
                    return;
                } catch (ExecutionException failure) {
                    // On a busy machine the controller may think for a while that its broker is not alive.
                    boolean isFenced = failure.getCause() instanceof InvalidReplicationFactorException;
                    if (!isFenced || System.nanoTime() - sinceNanos > FENCED_NANOS_MAX) {
                        throw failure;
                    }
                    Thread.sleep(200);
                }
            }
        }
    }

    /** Changes one config of a topic. */
    static void setConfig(String address, String topic, String name, String value)
            throws ExecutionException, InterruptedException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        AlterConfigOp change = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
        try (Admin admin = admin(address)) {
            admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all().get();
        }
    }

    /** Makes a producer that sends a batch when it is told to flush, and not before. */
    static KafkaProducer<byte[], byte[]> producer(String address, String codec, boolean idempotent, String transactionalId) {
        Map<String, Object> config = new HashMap<>();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, address);
        config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, codec);
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, idempotent);
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.LINGER_MS_CONFIG, 20_000);
        config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 40_000);
        config.put(ProducerConfig.BATCH_SIZE_CONFIG, 900_000);
        config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 1_000_000);
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        if (transactionalId != null) {
            config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
            config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 900_000);
        }
        return new KafkaProducer<>(config);
    }

    /** Sends records as one batch and waits until they are there. */
    static void sendBatch(KafkaProducer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records)
            throws ExecutionException, InterruptedException {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> record : records) {
            sent.add(producer.send(record));
        }
        producer.flush();
        for (Future<RecordMetadata> future : sent) {
            future.get();
        }
    }
}
