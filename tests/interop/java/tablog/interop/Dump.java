package tablog.interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.apache.kafka.common.utils.internals.Exit;
import org.apache.kafka.tools.DumpLogSegments;

/** What Kafka's own {@link DumpLogSegments} prints. */
final class Dump {
    private Dump() {}

    /** Dumps files one after the other. */
    static String of(List<String> files) throws IOException {
        StringBuilder all = new StringBuilder();
        for (String file : files) {
            all.append(of(file, true));
        }
        return all.toString();
    }

    /** Dumps one file, with the decoder of the internal topic that its folder names. Without payloads, if they are large. */
    static String of(String file, boolean withPayloads) throws IOException {
        List<String> words = new ArrayList<>(List.of("--deep-iteration", "--files", file));
        String folder = Path.of(file).toAbsolutePath().getParent().getFileName().toString();
        if (folder.startsWith("__consumer_offsets-")) {
            words.add("--offsets-decoder");
        } else if (folder.startsWith("__transaction_state-")) {
            words.add("--transaction-log-decoder");
        } else if (folder.startsWith("__share_group_state-")) {
            words.add("--share-group-state-decoder");
        } else if (folder.startsWith("__cluster_metadata-") || file.endsWith(".checkpoint")) {
            words.add("--cluster-metadata-decoder");
        } else if (withPayloads) {
            words.add("--print-data-log");
        }
        return printed(words.toArray(String[]::new));
    }

    /** Prints every record of a file to standard output, as the tool does when it is called; returns how many milliseconds that took. */
    static long printTimed(String file) throws IOException {
        long began = System.nanoTime();
        DumpLogSegments.main(new String[] {"--deep-iteration", "--print-data-log", "--files", file});
        System.out.flush();
        return (System.nanoTime() - began) / 1_000_000;
    }

    /** Checks files in each way that the tool knows: logs with every record, indexes against their logs and by themselves. */
    static String check(List<String> files) throws IOException {
        String logs = String.join(",", files.stream().filter(file -> file.endsWith(".log")).toList());
        String indexes = String.join(",", files.stream().filter(file -> file.endsWith("index")).toList());
        String others = String.join(",", files.stream().filter(file -> file.endsWith(".snapshot")).toList());
        StringBuilder all = new StringBuilder();
        if (!logs.isEmpty()) {
            all.append(printed(new String[] {"--deep-iteration", "--files", logs}));
        }
        if (!indexes.isEmpty()) {
            all.append(printed(new String[] {"--verify-index-only", "--files", indexes}));
            all.append(printed(new String[] {"--index-sanity-check", "--files", indexes}));
        }
        if (!others.isEmpty()) {
            all.append(printed(new String[] {"--files", others}));
        }
        return all.toString();
    }

    private static String printed(String[] words) throws IOException {
        PrintStream out = System.out;
        PrintStream errors = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Exit.setExitProcedure((status, message) -> {
            throw new IllegalStateException("DumpLogSegments ended with " + status + ": " + message);
        });
        try (PrintStream both = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
            System.setOut(both);
            // What it finds wrong it prints there.
            System.setErr(both);
            try {
                DumpLogSegments.main(words);
            } catch (RuntimeException | IOException failure) {
                // It gives up on some files, an index without its log for one. That is its answer then.
                both.println("DumpLogSegments failed: " + failure);
            }
        } finally {
            System.setOut(out);
            System.setErr(errors);
            Exit.resetExitProcedure();
        }
        // Some of its lines name the whole path, which differs from machine to machine.
        return bytes.toString(StandardCharsets.UTF_8).replace(Path.of("").toAbsolutePath() + "/", "");
    }
}
