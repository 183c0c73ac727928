package tablog.interop;

import static tablog.interop.Payloads.some;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What Kafka writes for itself: groups of all kinds, transactions, share-group state and the cluster's metadata. */
final class GoldenInternal {
    private static final String TOPIC = "orders";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final int SECONDS_MAX = 60;

    private final String address;
    private final Admin admin;

    private GoldenInternal(String address, Admin admin) {
        this.address = address;
        this.admin = admin;
    }

    static void write(String address) throws Exception {
        try (Admin admin = Clients.admin(address)) {
            GoldenInternal it = new GoldenInternal(address, admin);
            Clients.createTopic(address, TOPIC, 2);
            try (KafkaProducer<byte[], byte[]> producer = Clients.producer(address, "none", true, null)) {
                Clients.sendBatch(producer, some(TOPIC, "order", 10));
            }
            it.group("classic", "classic", "");
            it.group("classic-static-member", "classic", "member-7");
            it.group("consumer", "consumer", "");
            it.group("consumer-static-member", "consumer", "member-8");
            it.offsetsWithoutMembers();
            it.transactions();
            it.shareGroup();
            it.metadata();
        }
    }

    /** Joins a group, reads, commits with a word of its own, and leaves. */
    private void group(String group, String protocol, String instance) {
        Map<String, Object> config = clientConfig();
        config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        if (!instance.isEmpty()) {
            config.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance);
        }
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config)) {
            consumer.subscribe(List.of(TOPIC));
            long sinceNanos = System.nanoTime();
            for (int records = 0; records < 10; records += consumer.poll(Duration.ofMillis(100)).count()) {
                giveUpAfter(sinceNanos, group + " reads nothing");
            }
            consumer.commitSync(Map.of(PARTITION, new OffsetAndMetadata(4, "half way")));
            consumer.commitSync(Map.of(PARTITION, new OffsetAndMetadata(10)));
        }
    }

    /** Offsets that a tool set, one that it took back, and a group that it deleted: tombstones. */
    private void offsetsWithoutMembers() throws Exception {
        Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(
                PARTITION, new OffsetAndMetadata(3, "set by hand"),
                new TopicPartition(TOPIC, 1), new OffsetAndMetadata(0));
        for (String group : List.of("tool", "tool-deleted")) {
            admin.alterConsumerGroupOffsets(group, offsets).all().get();
        }
        admin.deleteConsumerGroupOffsets("tool", Set.of(new TopicPartition(TOPIC, 1))).all().get();
        admin.deleteConsumerGroups(List.of("tool-deleted")).all().get();
    }

    /** Transactions that end well and badly, with a group's offsets in them, and one that nobody ends. */
    private void transactions() throws Exception {
        KafkaProducer<byte[], byte[]> producer = Clients.producer(address, "none", true, "payments");
        producer.initTransactions();
        for (boolean commits : List.of(true, false)) {
            producer.beginTransaction();
            Clients.sendBatch(producer, some(TOPIC, commits ? "committed" : "aborted", 2));
            producer.sendOffsetsToTransaction(
                    Map.of(PARTITION, new OffsetAndMetadata(commits ? 5 : 6)),
                    groupMetadata("transactional"));
            if (commits) {
                producer.commitTransaction();
            } else {
                producer.abortTransaction();
            }
        }
        producer.beginTransaction();
        Clients.sendBatch(producer, some(TOPIC, "open", 1));
        producer.close(Duration.ZERO);
    }

    /** The metadata of a group that has no members. */
    private ConsumerGroupMetadata groupMetadata(String group) {
        Map<String, Object> config = clientConfig();
        config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config)) {
            return consumer.groupMetadata();
        }
    }

    /** A share group that accepts, releases and rejects, so that its state has holes. */
    private void shareGroup() throws Exception {
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "share");
        admin.incrementalAlterConfigs(Map.of(group, List.of(set("share.auto.offset.reset", "earliest")))).all().get();
        Map<String, Object> config = clientConfig();
        config.put(ConsumerConfig.GROUP_ID_CONFIG, "share");
        config.put("share.acknowledgement.mode", "explicit");
        try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(config)) {
            consumer.subscribe(List.of(TOPIC));
            long sinceNanos = System.nanoTime();
            int records = 0;
            while (records < 12) {
                giveUpAfter(sinceNanos, "the share group reads nothing");
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(200));
                for (ConsumerRecord<byte[], byte[]> record : polled) {
                    boolean again = record.deliveryCount().orElse((short) 1) > 1;
                    consumer.acknowledge(record, again ? AcknowledgeType.ACCEPT : verdict(record.offset()));
                    records++;
                }
                consumer.commitSync();
            }
        }
        admin.deleteShareGroupOffsets("share", Set.of(TOPIC)).all().get();
    }

    private static AcknowledgeType verdict(long offset) {
        return switch ((int) (offset % 4)) {
            case 1 -> AcknowledgeType.RELEASE;
            case 2 -> AcknowledgeType.REJECT;
            default -> AcknowledgeType.ACCEPT;
        };
    }

    /** Changes to the cluster that leave records of many kinds in its metadata log. */
    private void metadata() throws Exception {
        Clients.createTopic(address, "deleted", 1);
        admin.deleteTopics(List.of("deleted")).all().get();
        admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(3))).all().get();
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
        admin.incrementalAlterConfigs(Map.of(topic, List.of(set("retention.ms", "3600000")))).all().get();
        admin.incrementalAlterConfigs(Map.of(topic, List.of(
                new AlterConfigOp(new ConfigEntry("retention.ms", null), AlterConfigOp.OpType.DELETE)))).all().get();
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        admin.incrementalAlterConfigs(Map.of(broker, List.of(set("background.threads", "5")))).all().get();
        admin.alterClientQuotas(List.of(new ClientQuotaAlteration(
                new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, "anna", ClientQuotaEntity.CLIENT_ID, "reports")),
                List.of(new ClientQuotaAlteration.Op("request_percentage", 12.5))))).all().get();
        admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                "anna", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096),
                "not a secret".getBytes(), "salt".getBytes()))).all().get();
    }

    private Map<String, Object> clientConfig() {
        Map<String, Object> config = new HashMap<>();
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, address);
        config.put(ConsumerConfig.CLIENT_ID_CONFIG, "golden");
        config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        return config;
    }

    private static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }

    private static void giveUpAfter(long sinceNanos, String complaint) {
        if (System.nanoTime() - sinceNanos > TimeUnit.SECONDS.toNanos(SECONDS_MAX)) {
            throw new IllegalStateException(complaint);
        }
    }
}
