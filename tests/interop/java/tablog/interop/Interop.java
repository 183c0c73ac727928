package tablog.interop;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/** Apache Kafka as seen from a test: a node, its tools and its clients behind one command line. */
public final class Interop {
    private static final String USAGE = """
            usage: java tablog.interop.Interop <command>

              broker DIR [NAME=VALUE...] [--halt-at SUFFIX]
                                          serve the data directory DIR on 127.0.0.1 (made if it is not there); prints
                                          `ready HOST:PORT`, and stops in order when its standard input ends
              dump FILE...                what kafka-dump-log prints about each file
              meaning FILE...             a .log or .checkpoint file as JSON lines, read by Kafka's own classes
              consume ADDRESS TOPIC read_committed|read_uncommitted
                                          a topic as JSON lines, read by Kafka's Java consumer
              golden DIR                  make the golden corpus anew in DIR""";

    private Interop() {}

    /** Runs the command that the words name. */
    public static void main(String[] words) throws Exception {
        if (words.length < 2) {
            System.err.println(USAGE);
            System.exit(2);
        }
        List<String> rest = new ArrayList<>(Arrays.asList(words).subList(1, words.length));
        switch (words[0]) {
            case "broker" -> serve(rest);
            case "dump" -> System.out.print(Dump.of(rest));
            case "meaning" -> {
                for (String file : rest) {
                    System.out.print(Meaning.of(Path.of(file)));
                }
            }
            case "consume" -> System.out.print(Consume.topic(rest.get(0), rest.get(1), rest.get(2)));
            case "golden" -> Golden.make(Path.of(rest.get(0)).toAbsolutePath());
            default -> {
                System.err.println(USAGE);
                System.exit(2);
            }
        }
        // Kafka's clients and tools may leave threads behind that are no daemons.
        System.exit(0);
    }

    private static void serve(List<String> words) throws Exception {
        Path folder = Path.of(words.remove(0)).toAbsolutePath();
        String haltAt = null;
        Properties settings = new Properties();
        for (int i = 0; i < words.size(); i++) {
            if (words.get(i).equals("--halt-at")) {
                haltAt = words.get(++i);
            } else {
                String[] pair = words.get(i).split("=", 2);
                settings.setProperty(pair[0], pair[1]);
            }
        }
        Node.serve(folder, settings, haltAt);
    }
}
