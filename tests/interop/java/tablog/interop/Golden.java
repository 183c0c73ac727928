package tablog.interop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.internals.AppInfoParser;

/** Makes the golden corpus: data directories as a broker left them, and beside each file what Kafka says is in it. */
final class Golden {
    private static final List<String> DUMPED = List.of(".log", ".index", ".timeindex", ".txnindex", ".snapshot", ".checkpoint");

    /** What Kafka appends to the names of files that are on their way out or in. */
    private static final List<String> STATES = List.of(".deleted", ".cleaned", ".swap");
    /** An index that is written to has a length of 10 MB, mostly zeros, where no config says otherwise: those are left out. */
    private static final long INDEX_BYTES_MAX = 1 << 20;

    private final Path out;
    private final Path work;
    private final Path librdkafka;

    private Golden(Path out, Path work, Path librdkafka) {
        this.out = out;
        this.work = work;
        this.librdkafka = librdkafka;
    }

    /** Makes all of it in {@code out/kafka-VERSION}, which must be below the current folder: dumps name their files so. */
    static void make(Path out, Path librdkafka) throws Exception {
        Path folder = out.resolve("kafka-" + AppInfoParser.getVersion());
        Path work = Files.createTempDirectory("tablog-golden-");
        try {
            delete(folder);
            Golden golden = new Golden(folder, work, librdkafka);
            golden.oldFormats();
            golden.codecs();
            golden.topics();
            golden.internal();
            Files.writeString(folder.resolve("messages.jsonl"), GoldenMessages.jsonl(), StandardCharsets.UTF_8);
            golden.killed();
        } finally {
            delete(work);
        }
    }

    private void oldFormats() throws Exception {
        Path data = work.resolve("old-formats");
        GoldenOldFormats.write(data);
        keep(data, file -> true);
    }

    private void codecs() throws Exception {
        Path data = work.resolve("codecs");
        try (Broker broker = Broker.start(data)) {
            GoldenCodecs.write(broker.address());
            GoldenLibrdkafka.write(broker.address(), librdkafka);
            keepConsumed(broker, data);
        }
        keep(data, file -> !file.toString().startsWith("__"));
    }

    private void topics() throws Exception {
        Path data = work.resolve("topics");
        String quickCleaner = "log.cleaner.backoff.ms=100";
        try (Broker broker = Broker.start(data, quickCleaner)) {
            new GoldenTopics(broker.address(), data).write();
        }
        for (int epoch = 1; epoch <= 3; epoch++) {
            try (Broker broker = Broker.start(data, quickCleaner)) {
                new GoldenTopics(broker.address(), data).writeEpoch(epoch);
                if (epoch == 3) {
                    keepConsumed(broker, data);
                }
            }
        }
        keep(data, file -> !file.toString().startsWith("__"));
    }

    private void internal() throws Exception {
        Path data = work.resolve("internal");
        // A snapshot of the metadata as soon as there is anything to take one of.
        String snapshots = "metadata.log.max.record.bytes.between.snapshots=4000";
        try (Broker broker = Broker.start(data, snapshots)) {
            GoldenInternal.write(broker.address());
        }
        try (Broker broker = Broker.start(data, snapshots)) {
            Clients.createTopic(broker.address(), "after-the-snapshot", 1);
            keepConsumed(broker, data);
        }
        keep(data, file -> true);
    }

    private void killed() throws Exception {
        Path killed = work.resolve("killed");
        GoldenKilled.killed(killed);
        keep(killed, file -> !file.toString().startsWith("__"));
        Path cleaning = work.resolve("killed-while-cleaning");
        GoldenKilled.killedWhileCleaning(cleaning);
        keep(cleaning, file -> !file.toString().startsWith("__"));
        Path swapping = work.resolve("killed-while-swapping");
        GoldenKilled.killedWhileSwapping(swapping);
        keep(swapping, file -> !file.toString().startsWith("__"));
        Path damaged = work.resolve("damaged");
        GoldenKilled.damaged(killed.resolve("preallocated-0/00000000000000000000.log"), damaged);
        keep(damaged, file -> true);
    }

    /** Writes down which offsets Kafka's consumer gets of each topic. */
    private void keepConsumed(Broker broker, Path data) throws Exception {
        Files.createDirectories(out);
        try (Admin admin = Clients.admin(broker.address())) {
            TreeSet<String> topics = new TreeSet<>(admin.listTopics().names().get());
            write(out.resolve(data.getFileName()), ".consumed.jsonl", Consume.offsets(broker.address(), topics));
        }
    }

    /** Copies what is wanted of a data directory into the corpus, by its path in there, and writes the meanings. */
    private void keep(Path data, Predicate<Path> wanted) throws IOException {
        Path target = out.resolve(data.getFileName());
        for (Path file : files(data)) {
            Path inside = data.relativize(file);
            boolean isIndex = inside.toString().endsWith("index");
            if (!wanted.test(inside) || isIndex && Files.size(file) > INDEX_BYTES_MAX) {
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

    private void explain(Path file) throws IOException {
        String name = file.getFileName().toString();
        String state = STATES.stream().filter(name::endsWith).findFirst().orElse("");
        String plainName = name.substring(0, name.length() - state.length());
        if (DUMPED.stream().noneMatch(plainName::endsWith)) {
            return;
        }
        Path here = Path.of("").toAbsolutePath();
        boolean withPayloads = !file.toString().contains("/large-");
        String path = here.relativize(file).toString();
        if (state.isEmpty()) {
            write(file, ".dump.txt", Dump.of(path, withPayloads));
        } else {
            // Kafka's tool tells a file's kind by its last suffix, so it is shown the file without the one of its state.
            Path twin = withoutState(file.getParent(), state).resolve(plainName);
            String text = Dump.of(twin.toString(), withPayloads);
            write(file, ".dump.txt", text.replace(twin.toString(), path));
        }
        if (plainName.endsWith(".log") || plainName.endsWith(".checkpoint")) {
            write(file, ".meaning.jsonl", Meaning.of(file));
        }
    }

    /** Copies a folder's files of one state to where they go by their plain names. */
    private Path withoutState(Path folder, String state) throws IOException {
        Path twins = work.resolve("without" + state).resolve(out.relativize(folder).toString());
        Files.createDirectories(twins);
        for (Path file : files(folder)) {
            String name = file.getFileName().toString();
            if (name.endsWith(state)) {
                Path twin = twins.resolve(name.substring(0, name.length() - state.length()));
                Files.copy(file, twin, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return twins;
    }

    private static void write(Path beside, String suffix, String text) throws IOException {
        Files.writeString(beside.resolveSibling(beside.getFileName() + suffix), text, StandardCharsets.UTF_8);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    static List<Path> folders(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isDirectory).sorted().toList();
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
