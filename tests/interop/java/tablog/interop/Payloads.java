package tablog.interop;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;

/** The records of the corpus. The same ones each time: their times are written out, what is random comes from a seed. */
final class Payloads {
    /** 2023-11-14T22:13:20Z. */
    static final long TIME = 1_700_000_000_000L;

    private Payloads() {}

    static byte[] text(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static ProducerRecord<byte[], byte[]> record(String topic, long time, String key, String value) {
        return new ProducerRecord<>(topic, 0, time, text(key), text(value));
    }

    /** Bytes that no codec makes smaller. */
    static byte[] noise(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** What is easily taken for something else: null and empty, bytes that are no text, headers twice, times that go back. */
    static List<ProducerRecord<byte[], byte[]>> edges(String topic) {
        List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>();
        all.add(record(topic, TIME, "key", "value"));
        all.add(record(topic, TIME + 1, null, "null key"));
        all.add(record(topic, TIME + 2, "", "empty key"));
        all.add(record(topic, TIME + 3, "tombstone", null));
        all.add(record(topic, TIME + 4, null, null));
        all.add(record(topic, TIME - 5_000, "empty value, earlier", ""));
        all.add(record(topic, TIME + 6, "", ""));
        all.add(record(topic, 0, "epoch", "größe 🙂"));
        byte[] binary = {(byte) 0xFF, 0, (byte) 0xFE, '\n', (byte) 0xC3};
        all.add(new ProducerRecord<>(topic, 0, TIME + 86_400_000L, binary, binary));
        ProducerRecord<byte[], byte[]> headers = record(topic, TIME + 9, "headers", "{\"n\":1}");
        headers.headers().add("a", text("1"));
        headers.headers().add(new RecordHeader("null", (byte[]) null));
        headers.headers().add("a", text("2"));
        headers.headers().add("", text("no name"));
        headers.headers().add("größe", text(""));
        headers.headers().add("a", text("1"));
        all.add(headers);
        all.add(record(topic, TIME + 10, "repeats", "abcdefgh".repeat(80)));
        return all;
    }

    /** A few records with sizes between 20 and 60 bytes. */
    static List<ProducerRecord<byte[], byte[]>> some(String topic, String name, int count) {
        List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(record(topic, TIME + 1_000L * i, name + "-" + i, "{\"from\":\"" + name + "\",\"n\":" + i + "}"));
        }
        return all;
    }
}
