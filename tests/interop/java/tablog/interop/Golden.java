package tablog.interop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.apache.kafka.common.utils.internals.AppInfoParser;

/** Makes the golden corpus: data directories as a broker left them, and beside each file what Kafka says is in it. */
final class Golden {
    private static final List<String> DUMPED = List.of(".log", ".index", ".timeindex", ".txnindex", ".snapshot", ".checkpoint");

    private final Path out;
    private final Path work;

    private Golden(Path out, Path work) {
        this.out = out;
        this.work = work;
    }

    /** Makes all of it in {@code out/kafka-VERSION}, which must be below the current folder: dumps name their files so. */
    static void make(Path out) throws Exception {
        Path folder = out.resolve("kafka-" + AppInfoParser.getVersion());
        Path work = Files.createTempDirectory("tablog-golden-");
        try {
            delete(folder);
            Golden golden = new Golden(folder, work);
            golden.codecs();
        } finally {
            delete(work);
        }
    }

    private void codecs() throws Exception {
        Path data = work.resolve("codecs");
        try (Broker broker = Broker.start(data)) {
            GoldenCodecs.write(broker.address());
        }
        keep(data, file -> !file.toString().startsWith("__"));
    }

    /** Copies what is wanted of a data directory into the corpus, by its path in there, and writes the meanings. */
    private void keep(Path data, Predicate<Path> wanted) throws IOException {
        Path target = out.resolve(data.getFileName());
        for (Path file : files(data)) {
            Path inside = data.relativize(file);
            if (!wanted.test(inside)) {
                continue;
            }
            Path copy = target.resolve(inside.toString());
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy);
        }
        for (Path file : files(target)) {
            explain(file);
        }
    }

    private static void explain(Path file) throws IOException {
        String name = file.getFileName().toString();
        if (DUMPED.stream().noneMatch(name::endsWith)) {
            return;
        }
        Path here = Path.of("").toAbsolutePath();
        write(file, ".dump.txt", Dump.of(here.relativize(file).toString(), !file.toString().contains("-large-")));
        if (name.endsWith(".log") || name.endsWith(".checkpoint")) {
            write(file, ".meaning.jsonl", Meaning.of(file));
        }
    }

    private static void write(Path beside, String suffix, String text) throws IOException {
        Files.writeString(beside.resolveSibling(beside.getFileName() + suffix), text, StandardCharsets.UTF_8);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
