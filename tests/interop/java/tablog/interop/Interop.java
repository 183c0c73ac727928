package tablog.interop;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/** Apache Kafka as seen from a test: a node, its tools and its clients behind one command line. */
public final class Interop {
    private static final String USAGE = """
            usage: java tablog.interop.Interop <command>

              broker DIR [NAME=VALUE...]
                                          serve the data directory DIR on 127.0.0.1 (made if it is not there); prints
                                          `ready HOST:PORT`, and stops in order when its standard input ends
              topics ADDRESS TOPIC:PARTITIONS...
                                          make topics, with the broker's defaults
              dump FILE...                what kafka-dump-log prints about each file
              check FILE...               what kafka-dump-log prints about files when it only checks them, each index twice
              meaning FILE...             a .log or .checkpoint file as JSON lines, read by Kafka's own classes
              consume ADDRESS TOPIC[,TOPIC...] read_committed|read_uncommitted
                                          topics as JSON lines, read by Kafka's Java consumer
              segment FILE CODEC BYTES VALUE_BYTES
                                          write a segment with so many bytes of values; prints its records
              print FILE                  all that kafka-dump-log prints of a file's records; last, to standard error, the
                                          milliseconds that it took once Java had started
              messages                    every kind of record of Kafka's internal topics, in every version, as JSON lines
              golden DIR SCRIPT           make the golden corpus anew in DIR; SCRIPT is librdkafka.py""";

    private Interop() {}

    /** Runs the command that the words name. */
    public static void main(String[] words) {
        int status = 0;
        try {
            status = run(new ArrayList<>(Arrays.asList(words)));
        } catch (Exception failure) {
            failure.printStackTrace();
            status = 1;
        }
        // Kafka's clients and tools may leave threads behind that are no daemons.
        System.out.flush();
        System.exit(status);
    }

    private static int run(List<String> words) throws Exception {
        String command = words.isEmpty() ? "" : words.remove(0);
        switch (command + " " + words.size()) {
            case "consume 3" -> System.out.print(Consume.topics(words.get(0), words.get(1), words.get(2)));
            case "segment 4" -> System.out.println(Segment.write(
                    Path.of(words.get(0)), words.get(1), Long.parseLong(words.get(2)), Integer.parseInt(words.get(3))));
            case "print 1" -> System.err.println(Dump.printTimed(words.get(0)));
            case "messages 0" -> new PrintStream(System.out, true, StandardCharsets.UTF_8).print(GoldenMessages.jsonl());
            case "golden 2" -> Golden.make(Path.of(words.get(0)).toAbsolutePath(), Path.of(words.get(1)).toAbsolutePath());
            default -> {
                return runWithAnyWords(command, words);
            }
        }
        return 0;
    }

    private static int runWithAnyWords(String command, List<String> words) throws Exception {
        switch (words.isEmpty() ? "" : command) {
            case "broker" -> serve(words);
            case "topics" -> Clients.createTopics(words.remove(0), words);
            case "dump" -> System.out.print(Dump.of(words));
            case "check" -> System.out.print(Dump.check(words));
            case "meaning" -> {
                for (String file : words) {
                    System.out.print(Meaning.of(Path.of(file)));
                }
            }
            default -> {
                System.err.println(USAGE);
                return 2;
            }
        }
        return 0;
    }

    private static void serve(List<String> words) throws Exception {
        Path folder = Path.of(words.remove(0)).toAbsolutePath();
        Properties settings = new Properties();
        for (String word : words) {
            String[] pair = word.split("=", 2);
            settings.setProperty(pair[0], pair[1]);
        }
        Node.serve(folder, settings);
    }
}
