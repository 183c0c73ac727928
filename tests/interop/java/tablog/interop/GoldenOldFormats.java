package tablog.interop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.LegacyRecord;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Message sets of the formats before Kafka 0.11, made by Kafka's own classes: no broker of today writes them, but disks keep
 * them. Offsets have a hole, as compaction leaves it.
 */
final class GoldenOldFormats {
    private static final String FILE = "00000000000000000000.log";

    private final Path folder;

    private GoldenOldFormats(Path folder) {
        this.folder = folder;
    }

    static void write(Path folder) throws IOException {
        GoldenOldFormats it = new GoldenOldFormats(folder);
        for (CompressionType codec : List.of(CompressionType.NONE, CompressionType.GZIP, CompressionType.SNAPPY, CompressionType.LZ4)) {
            it.log(RecordBatch.MAGIC_VALUE_V0, codec, TimestampType.NO_TIMESTAMP_TYPE);
            it.log(RecordBatch.MAGIC_VALUE_V1, codec, TimestampType.CREATE_TIME);
            it.log(RecordBatch.MAGIC_VALUE_V1, codec, TimestampType.LOG_APPEND_TIME);
        }
        it.upgraded();
    }

    private void log(byte magic, CompressionType codec, TimestampType times) throws IOException {
        String kind = times == TimestampType.LOG_APPEND_TIME ? "-log-append-time" : "";
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        set(buffer, magic, codec, times, 0, Payloads.edges("old"));
        set(buffer, magic, codec, times, 11, Payloads.some("old", "one", 1));
        set(buffer, magic, codec, times, 20, Payloads.some("old", "many", 20));
        save("v" + magic + "-" + codec.name + kind + "-0", buffer);
    }

    /** A log that lived through both upgrades of its broker: all three formats in one file. */
    private void upgraded() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        set(buffer, RecordBatch.MAGIC_VALUE_V0, CompressionType.NONE, TimestampType.NO_TIMESTAMP_TYPE, 0, Payloads.some("old", "v0", 2));
        set(buffer, RecordBatch.MAGIC_VALUE_V0, CompressionType.GZIP, TimestampType.NO_TIMESTAMP_TYPE, 2, Payloads.some("old", "v0-gzip", 3));
        set(buffer, RecordBatch.MAGIC_VALUE_V1, CompressionType.NONE, TimestampType.CREATE_TIME, 5, Payloads.some("old", "v1", 2));
        set(buffer, RecordBatch.MAGIC_VALUE_V1, CompressionType.LZ4, TimestampType.CREATE_TIME, 7, Payloads.some("old", "v1-lz4", 3));
        set(buffer, RecordBatch.MAGIC_VALUE_V2, CompressionType.NONE, TimestampType.CREATE_TIME, 10, Payloads.some("old", "v2", 2));
        set(buffer, RecordBatch.MAGIC_VALUE_V2, CompressionType.ZSTD, TimestampType.CREATE_TIME, 12, Payloads.some("old", "v2-zstd", 3));
        save("upgraded-0", buffer);
    }

    /** Appends a message set: one wrapper if it is compressed, else message by message. */
    private static void set(
            ByteBuffer buffer,
            byte magic,
            CompressionType codec,
            TimestampType times,
            long baseOffset,
            List<ProducerRecord<byte[], byte[]>> records) {
        MemoryRecordsBuilder builder = MemoryRecords.builder(
                buffer.slice(), magic, Compression.of(codec).build(), times, baseOffset, Payloads.TIME + 123_456);
        long offset = baseOffset;
        for (ProducerRecord<byte[], byte[]> record : records) {
            long time = magic == RecordBatch.MAGIC_VALUE_V0 ? LegacyRecord.NO_TIMESTAMP : record.timestamp();
            builder.appendWithOffset(offset, time, record.key(), record.value());
            // In long sets every third offset is missing, as after compaction.
            offset += records.size() > 11 && (offset - baseOffset) % 3 == 1 ? 2 : 1;
        }
        int length = builder.build().sizeInBytes();
        buffer.position(buffer.position() + length);
    }

    private void save(String partition, ByteBuffer buffer) throws IOException {
        Path file = folder.resolve(partition).resolve(FILE);
        Files.createDirectories(file.getParent());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(buffer.flip());
        }
    }
}
