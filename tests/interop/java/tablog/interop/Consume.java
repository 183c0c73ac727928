package tablog.interop;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Topics as Kafka's Java consumer sees them. */
final class Consume {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Consume() {}

    /** Reads every partition of topics, apart by commas, from its start to its end, one JSON line a record. */
    static String topics(String address, String topics, String isolation) {
        StringBuilder lines = new StringBuilder();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(address, isolation)) {
            for (String topic : topics.split(",")) {
                for (TopicPartition partition : partitions(consumer, topic)) {
                    for (ConsumerRecord<byte[], byte[]> record : records(consumer, partition)) {
                        lines.append(line(record)).append('\n');
                    }
                }
            }
        }
        return lines.toString();
    }

    /** Tells which offsets of each partition of some topics a consumer gets, as JSON lines, in both isolation levels. */
    static String offsets(String address, Collection<String> topics) {
        StringBuilder lines = new StringBuilder();
        for (String isolation : List.of("read_uncommitted", "read_committed")) {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(address, isolation)) {
                for (String topic : topics) {
                    for (TopicPartition partition : partitions(consumer, topic)) {
                        ObjectNode it = Json.node().put("topic", topic).put("partition", partition.partition());
                        ArrayNode offsets = it.put("isolation", isolation).putArray("offsets");
                        records(consumer, partition).forEach(record -> offsets.add(record.offset()));
                        lines.append(it).append('\n');
                    }
                }
            }
        }
        return lines.toString();
    }

    private static List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer, String topic) {
        return consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .sorted(Comparator.comparingInt(TopicPartition::partition))
                .toList();
    }

    private static List<ConsumerRecord<byte[], byte[]>> records(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        // With read_committed this is the last stable offset.
        long end = consumer.endOffsets(List.of(partition)).get(partition);
        long sinceNanos = System.nanoTime();
        while (consumer.position(partition) < end) {
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            if (System.nanoTime() - sinceNanos > PATIENCE.toNanos()) {
                throw new IllegalStateException(partition + " cannot be read past offset " + consumer.position(partition));
            }
        }
        return records;
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String address, String isolation) {
        return new KafkaConsumer<>(Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, address,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation,
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false,
                // The next partition waits until the broker has given up on more of this one.
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 10,
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class));
    }

    private static String line(ConsumerRecord<byte[], byte[]> record) {
        ObjectNode it = Json.node();
        it.put("topic", record.topic()).put("partition", record.partition()).put("offset", record.offset()).put("timestamp", record.timestamp());
        it.set("key", Json.bytes(buffer(record.key())));
        it.set("value", Json.bytes(buffer(record.value())));
        ArrayNode headers = it.putArray("headers");
        for (Header header : record.headers()) {
            headers.addObject().put("key", header.key()).set("value", Json.bytes(buffer(header.value())));
        }
        return it.toString();
    }

    private static ByteBuffer buffer(byte[] bytes) {
        return bytes == null ? null : ByteBuffer.wrap(bytes);
    }
}
