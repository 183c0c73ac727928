package tablog.interop;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** How bytes are written in JSON. */
final class Json {
    /** Longer values are told by their length and their SHA-256: the corpus must stay small. */
    private static final int BASE64_BYTES_MAX = 4096;

    private Json() {}

    static ObjectNode node() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Writes null as null, short bytes as base64, long ones as {@code {"length": ..., "sha256": ...}}. */
    static JsonNode bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return JsonNodeFactory.instance.nullNode();
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        if (bytes.length <= BASE64_BYTES_MAX) {
            return JsonNodeFactory.instance.binaryNode(bytes);
        }
        return node().put("length", bytes.length).put("sha256", sha256(bytes));
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException never) {
            throw new IllegalStateException(never);
        }
    }
}
