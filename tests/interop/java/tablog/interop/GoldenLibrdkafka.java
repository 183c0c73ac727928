package tablog.interop;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** librdkafka with each codec, in each of the ways in which it writes: one topic for each. {@code librdkafka.py} writes them. */
final class GoldenLibrdkafka {
    private static final int SECONDS_MAX = 120;
    private static final List<String> KINDS =
            List.of("plain", "log-append-time", "idempotent", "committed", "aborted", "mixed");

    private GoldenLibrdkafka() {}

    static void write(String address, Path script) throws Exception {
        for (String codec : GoldenCodecs.CODECS) {
            // Debian's package belongs to Debian's Python, whatever else is on the path.
            List<String> command = new ArrayList<>(List.of("/usr/bin/python3", script.toString(), address, codec));
            for (String kind : KINDS) {
                String topic = "librdkafka-" + codec + "-" + kind;
                String times = kind.equals("log-append-time") ? "LogAppendTime" : "CreateTime";
                Clients.createTopic(address, topic, 1, "message.timestamp.type", times);
                command.add(topic);
            }
            Process process = new ProcessBuilder(command).inheritIO().start();
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException("librdkafka could not write with the codec " + codec);
            }
        }
    }
}
