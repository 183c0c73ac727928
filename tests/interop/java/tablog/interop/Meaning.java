package tablog.interop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.AbstractLegacyRecordBatch;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/**
 * A log file as JSON lines: a line for each batch, then one for each of its records, and one for what stops the reading.
 * Read by Kafka's own classes, and nothing lost on the way as in what DumpLogSegments prints as text.
 */
final class Meaning {
    private Meaning() {}

    /** Reads a file to its end, or to the first place where Kafka stops. */
    static String of(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        StringBuilder lines = new StringBuilder();
        long position = 0;
        try {
            for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
                lines.append(batchLine(batch, position, bytes)).append('\n');
                position += batch.sizeInBytes();
                for (Record record : batch) {
                    lines.append(recordLine(batch, record)).append('\n');
                }
            }
        } catch (KafkaException failure) {
            ObjectNode stop = Json.node();
            stop.put("position", position).put("error", failure.getClass().getSimpleName());
            lines.append(Json.node().set("stop", stop).toString()).append('\n');
            return lines.toString();
        }
        if (position < bytes.length) {
            ObjectNode stop = Json.node().put("position", position).put("error", "cut off");
            lines.append(Json.node().set("stop", stop).toString()).append('\n');
        }
        return lines.toString();
    }

    private static String batchLine(MutableRecordBatch batch, long position, byte[] file) {
        ObjectNode it = Json.node();
        it.put("position", position).put("size", batch.sizeInBytes()).put("magic", batch.magic());
        it.put("crc", batch.checksum()).put("valid", batch.isValid());
        it.put("baseOffset", batch.baseOffset()).put("lastOffset", batch.lastOffset());
        it.put("codec", batch.compressionType().name);
        it.put("timestampType", batch.timestampType().name).put("maxTimestamp", batch.maxTimestamp());
        if (batch instanceof DefaultRecordBatch v2) {
            // The one field for which the class has no public method.
            it.put("attributes", ByteBuffer.wrap(file).getShort((int) position + 21));
            it.put("baseTimestamp", v2.baseTimestamp()).put("count", batch.countOrNull());
            v2.deleteHorizonMs().ifPresent(horizon -> it.put("deleteHorizonMs", horizon));
            it.put("producerId", batch.producerId()).put("producerEpoch", batch.producerEpoch());
            it.put("baseSequence", batch.baseSequence()).put("lastSequence", batch.lastSequence());
            it.put("partitionLeaderEpoch", batch.partitionLeaderEpoch());
            it.put("transactional", batch.isTransactional()).put("control", batch.isControlBatch());
        } else if (batch instanceof AbstractLegacyRecordBatch legacy) {
            it.put("attributes", legacy.outerRecord().attributes());
        }
        return Json.node().set("batch", it).toString();
    }

    private static String recordLine(MutableRecordBatch batch, Record record) {
        ObjectNode it = Json.node();
        it.put("offset", record.offset()).put("timestamp", record.timestamp());
        it.set("key", Json.bytes(record.key()));
        it.set("value", Json.bytes(record.value()));
        if (record.headers().length > 0) {
            ArrayNode headers = it.putArray("headers");
            for (Header header : record.headers()) {
                ObjectNode pair = headers.addObject().put("key", header.key());
                pair.set("value", Json.bytes(header.value() == null ? null : ByteBuffer.wrap(header.value())));
            }
        }
        if (batch.isControlBatch()) {
            ControlRecordType type = ControlRecordType.parse(record.key());
            it.put("controlType", type.name());
            if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
                it.put("coordinatorEpoch", EndTransactionMarker.deserialize(record).coordinatorEpoch());
            }
        }
        return Json.node().set("record", it).toString();
    }
}
