package tablog.interop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;

/** A large segment for measurements: events of one size, in batches as a producer sends them, written by Kafka's own classes. */
final class Segment {
    /** A producer's `batch.size`, as it is by default. */
    private static final int BATCH_BYTES = 16_384;
    private static final String WORDS = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor ";

    private Segment() {}

    /** Writes so many bytes of values, each of one size, packed by a codec; returns how many records that are. */
    static long write(Path file, String codec, long bytes, int valueBytes) throws IOException {
        Compression compression = Compression.of(CompressionType.forName(codec)).build();
        Random random = new Random(1);
        ByteBuffer buffer = ByteBuffer.allocate(4 * BATCH_BYTES + 2 * valueBytes);
        Files.createDirectories(file.toAbsolutePath().getParent());
        long offset = 0;
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            while (offset * valueBytes < bytes) {
                buffer.clear();
                MemoryRecordsBuilder builder = MemoryRecords.builder(
                        buffer, RecordBatch.MAGIC_VALUE_V2, compression, TimestampType.CREATE_TIME, offset);
                for (int batch = 0; batch == 0 || batch + valueBytes <= BATCH_BYTES; batch += valueBytes) {
                    builder.append(Payloads.TIME + offset, null, event(offset, random, valueBytes));
                    offset += 1;
                }
                ByteBuffer records = builder.build().buffer();
                while (records.hasRemaining()) {
                    out.write(records);
                }
            }
        }
        return offset;
    }

    /** JSON with numbers and names that differ, and text that repeats itself. */
    private static byte[] event(long number, Random random, int bytes) {
        StringBuilder text = new StringBuilder(bytes + WORDS.length());
        text.append("{\"id\":").append(number).append(",\"user\":\"u-").append(random.nextInt(50_000)).append("\",\"session\":\"")
                .append(Long.toHexString(random.nextLong())).append("\",\"amount\":").append(random.nextInt(100_000)).append(",\"note\":\"");
        while (text.length() < bytes) {
            int from = random.nextInt(WORDS.length());
            text.append(WORDS, from, WORDS.length()).append(random.nextInt(1_000)).append(' ');
        }
        text.setLength(bytes - 2);
        return text.append("\"}").toString().getBytes(StandardCharsets.UTF_8);
    }
}
