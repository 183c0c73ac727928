package tablog.interop;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.message.EndTxnMarker;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.metadata.MetadataRecordType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/**
 * Every kind of record that Kafka knows of its internal topics, in every version, bare and full, written by Kafka's classes:
 * a broker of today writes few of them. One line each, with the bytes of key and value in base64 and the fields that Kafka's
 * converters print.
 */
final class GoldenMessages {
    private final MessageSamples samples = new MessageSamples();
    private final StringBuilder lines = new StringBuilder();

    private GoldenMessages() {}

    static String jsonl() throws Exception {
        GoldenMessages it = new GoldenMessages();
        it.coordinators();
        for (MetadataRecordType type : MetadataRecordType.values()) {
            it.metadata(type);
        }
        it.control();
        return it.lines.toString();
    }

    private void coordinators() throws Exception {
        for (var type : org.apache.kafka.coordinator.group.generated.CoordinatorRecordType.values()) {
            coordinator("__consumer_offsets", type.newRecordKey(), type.newRecordValue());
        }
        for (var type : org.apache.kafka.coordinator.transaction.generated.CoordinatorRecordType.values()) {
            coordinator("__transaction_state", type.newRecordKey(), type.newRecordValue());
        }
        for (var type : org.apache.kafka.coordinator.share.generated.CoordinatorRecordType.values()) {
            coordinator("__share_group_state", type.newRecordKey(), type.newRecordValue());
        }
    }

    private void coordinator(String topic, ApiMessage keyType, ApiMessage valueType) throws Exception {
        for (short version = valueType.lowestSupportedVersion(); version <= valueType.highestSupportedVersion(); version++) {
            for (MessageSamples.Fill fill : MessageSamples.Fill.values()) {
                ApiMessage key = (ApiMessage) samples.message(keyType.getClass(), (short) 0, fill);
                Message value = samples.message(valueType.getClass(), version, fill);
                JsonNode json = MessageSamples.json(value, version);
                coordinatorLine(topic, key, version, value, json);
                if (value instanceof GroupMetadataValue group && fill == MessageSamples.Fill.FULL) {
                    consumers(topic, key, version, group);
                }
            }
        }
    }

    /** A classic group whose members are consumers, of every version of what those embed. */
    private void consumers(String topic, ApiMessage key, short version, GroupMetadataValue group) throws Exception {
        group.setProtocolType("consumer");
        for (short embedded = 0; embedded <= ConsumerProtocolSubscription.HIGHEST_SUPPORTED_VERSION; embedded++) {
            List<JsonNode> fields = new ArrayList<>();
            for (GroupMetadataValue.MemberMetadata member : group.members()) {
                MessageSamples.Fill fill = fields.isEmpty() ? MessageSamples.Fill.FULL : MessageSamples.Fill.BARE;
                Message subscription = samples.message(ConsumerProtocolSubscription.class, embedded, fill);
                Message assignment = samples.message(ConsumerProtocolAssignment.class, embedded, fill);
                member.setSubscription(MessageUtil.toVersionPrefixedBytes(embedded, subscription));
                member.setAssignment(MessageUtil.toVersionPrefixedBytes(embedded, assignment));
                fields.add(MessageSamples.json(subscription, embedded));
                fields.add(MessageSamples.json(assignment, embedded));
            }
            JsonNode json = MessageSamples.json(group, version);
            for (JsonNode member : json.get("members")) {
                ((ObjectNode) member).set("subscription", fields.remove(0));
                ((ObjectNode) member).set("assignment", fields.remove(0));
            }
            coordinatorLine(topic, key, version, group, json);
        }
    }

    private void coordinatorLine(String topic, ApiMessage key, short version, Message value, JsonNode json) throws Exception {
        ObjectNode keyJson = Json.node().put("type", Short.toString(key.apiKey()));
        keyJson.set("data", MessageSamples.json(key, (short) 0));
        ObjectNode valueJson = Json.node().put("version", Short.toString(version));
        valueJson.set("data", json);
        ByteBuffer keyBytes = MessageUtil.toCoordinatorTypePrefixedByteBuffer(key);
        line(topic, keyBytes, keyJson, MessageUtil.toVersionPrefixedByteBuffer(version, value), valueJson);
    }

    private void metadata(MetadataRecordType type) throws Exception {
        for (short version = type.lowestSupportedVersion(); version <= type.highestSupportedVersion(); version++) {
            for (MessageSamples.Fill fill : MessageSamples.Fill.values()) {
                Message value = samples.message(type.newMetadataRecord().getClass(), version, fill);
                ApiMessageAndVersion framed = new ApiMessageAndVersion((ApiMessage) value, version);
                ObjectSerializationCache cache = new ObjectSerializationCache();
                ByteBuffer bytes = ByteBuffer.allocate(new MetadataRecordSerde().recordSize(framed, cache));
                new MetadataRecordSerde().write(framed, cache, new ByteBufferAccessor(bytes));
                ObjectNode json = Json.node().put("type", type.name()).put("version", version);
                json.set("data", MessageSamples.json(value, version));
                line("__cluster_metadata", null, null, bytes.flip(), json);
            }
        }
    }

    private void control() throws Exception {
        control(ControlRecordType.ABORT, EndTxnMarker.class, EndTxnMarker.HIGHEST_SUPPORTED_VERSION);
        control(ControlRecordType.COMMIT, EndTxnMarker.class, EndTxnMarker.HIGHEST_SUPPORTED_VERSION);
        control(ControlRecordType.LEADER_CHANGE, LeaderChangeMessage.class, LeaderChangeMessage.HIGHEST_SUPPORTED_VERSION);
        control(ControlRecordType.SNAPSHOT_HEADER, SnapshotHeaderRecord.class, SnapshotHeaderRecord.HIGHEST_SUPPORTED_VERSION);
        control(ControlRecordType.SNAPSHOT_FOOTER, SnapshotFooterRecord.class, SnapshotFooterRecord.HIGHEST_SUPPORTED_VERSION);
        control(ControlRecordType.KRAFT_VERSION, KRaftVersionRecord.class, KRaftVersionRecord.HIGHEST_SUPPORTED_VERSION);
        control(ControlRecordType.KRAFT_VOTERS, VotersRecord.class, VotersRecord.HIGHEST_SUPPORTED_VERSION);
    }

    private void control(ControlRecordType type, Class<?> valueType, short highest) throws Exception {
        for (short version = 0; version <= highest; version++) {
            for (MessageSamples.Fill fill : MessageSamples.Fill.values()) {
                Message value = samples.message(valueType, version, fill);
                ObjectNode json = Json.node().put("version", version);
                ByteBuffer bytes;
                if (value instanceof EndTxnMarker) {
                    bytes = MessageUtil.toVersionPrefixedByteBuffer(version, value);
                } else {
                    // The version is one of the fields.
                    valueType.getMethod("setVersion", short.class).invoke(value, version);
                    bytes = MessageUtil.toByteBufferAccessor(value, version).buffer();
                }
                json.setAll((ObjectNode) MessageSamples.json(value, version));
                ObjectNode key = Json.node().put("version", 0).put("type", type.name());
                line("control", type.recordKey(), key, bytes, json);
            }
        }
    }

    private void line(String topic, ByteBuffer key, JsonNode keyJson, ByteBuffer value, JsonNode valueJson) {
        ObjectNode line = Json.node().put("topic", topic);
        line.set("key", Json.bytes(key));
        line.set("keyJson", keyJson);
        line.set("value", Json.bytes(value));
        line.set("valueJson", valueJson);
        lines.append(line).append('\n');
    }
}
