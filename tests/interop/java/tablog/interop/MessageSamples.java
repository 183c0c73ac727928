package tablog.interop;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Message;

/** Fills messages by the schemas that lie in Kafka's jars: as much in them as there can be, or as little. */
final class MessageSamples {
    /** How full a message is. */
    enum Fill {
        /** Null where null may be, nothing in arrays, no tagged field else. */
        BARE,
        /** Every field has a value, arrays have two elements. */
        FULL
    }

    private static final ObjectMapper SCHEMAS = new ObjectMapper().enable(JsonParser.Feature.ALLOW_COMMENTS);
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Random random = new Random(44);

    /** A message of the class, as a program could have filled it. */
    Message message(Class<?> type, short version, Fill fill) throws Exception {
        JsonNode schema = schema(type);
        Map<String, JsonNode> structures = new HashMap<>();
        schema.path("commonStructs").forEach(it -> structures.put(it.get("name").asText(), it.get("fields")));
        JsonNode fields = fields(schema.get("fields"), structures, version, fill);
        return (Message) converter(type).getMethod("read", JsonNode.class, short.class).invoke(null, fields, version);
    }

    /** A message as Kafka's own converter writes it. */
    static JsonNode json(Message message, short version) throws Exception {
        Class<?> type = message.getClass();
        try {
            return (JsonNode) converter(type).getMethod("write", type, short.class).invoke(null, message, version);
        } catch (InvocationTargetException failure) {
            throw new IllegalStateException(type + " version " + version, failure.getCause());
        }
    }

    private static Class<?> converter(Class<?> type) throws ClassNotFoundException {
        return Class.forName(type.getName() + "JsonConverter");
    }

    private static JsonNode schema(Class<?> type) throws IOException {
        // One file has another name than its class.
        String name = type.getSimpleName().replace("ZkMigrationStateRecord", "ZkMigrationRecord");
        for (String folder : new String[] {"common/message/", "common/metadata/"}) {
            try (InputStream file = type.getClassLoader().getResourceAsStream(folder + name + ".json")) {
                if (file != null) {
                    return SCHEMAS.readTree(file);
                }
            }
        }
        throw new IOException("no schema of " + type);
    }

    private ObjectNode fields(JsonNode schemas, Map<String, JsonNode> structures, short version, Fill fill) {
        ObjectNode fields = JSON.objectNode();
        for (JsonNode field : schemas) {
            String versions = (field.has("versions") ? field.get("versions") : field.get("taggedVersions")).asText();
            boolean nullable = field.has("nullableVersions") && isIn(field.get("nullableVersions").asText(), version);
            if (!isIn(versions, version) || field.has("tag") && !nullable && fill == Fill.BARE) {
                continue;
            }
            String name = field.get("name").asText();
            fields.set(
                    name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1),
                    nullable && fill == Fill.BARE ? JSON.nullNode() : value(field, field.get("type").asText(), structures, version, fill));
        }
        return fields;
    }

    private JsonNode value(JsonNode field, String type, Map<String, JsonNode> structures, short version, Fill fill) {
        if (type.startsWith("[]")) {
            ArrayNode array = JSON.arrayNode();
            for (int count = 0; fill == Fill.FULL && count < 2; count++) {
                array.add(value(field, type.substring(2), structures, version, fill));
            }
            return array;
        }
        return switch (type) {
            case "bool" -> JSON.booleanNode(fill == Fill.FULL);
            case "int8" -> JSON.numberNode((byte) number(fill));
            case "int16" -> JSON.numberNode((short) number(fill));
            case "uint16" -> JSON.numberNode((int) number(fill) & 0xffff);
            case "int32" -> JSON.numberNode((int) number(fill));
            case "int64" -> JSON.numberNode(number(fill));
            case "float64" -> JSON.numberNode(number(fill) / 1024.0);
            case "string" -> JSON.textNode(fill == Fill.FULL ? "ä\"\u0001🚀" + random.nextInt() : "");
            case "bytes" -> JSON.binaryNode(bytes(fill == Fill.FULL ? 200 : 0));
            case "uuid" -> JSON.textNode(uuid(fill).toString());
            default -> fields(field.has("fields") ? field.get("fields") : structures.get(type), structures, version, fill);
        };
    }

    private long number(Fill fill) {
        return fill == Fill.FULL ? random.nextLong() : 0;
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private Uuid uuid(Fill fill) {
        ByteBuffer bytes = ByteBuffer.wrap(bytes(16));
        return fill == Fill.FULL ? new Uuid(bytes.getLong(), bytes.getLong()) : Uuid.ZERO_UUID;
    }

    private static boolean isIn(String versions, short version) {
        if (versions.endsWith("+")) {
            return version >= Short.parseShort(versions.substring(0, versions.length() - 1));
        }
        String[] ends = versions.split("-");
        return version >= Short.parseShort(ends[0]) && version <= Short.parseShort(ends[ends.length - 1]);
    }
}
