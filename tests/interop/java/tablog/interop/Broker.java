package tablog.interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A node in a process of its own, so that it can be killed. It ends by itself when this process does. */
final class Broker implements AutoCloseable {
    private static final int STOP_SECONDS_MAX = 60;

    private final Process process;
    private final String address;

    private Broker(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    /** Starts a node on a data directory and waits until it serves. */
    static Broker start(Path folder, String... settings) throws IOException {
        return start(folder, List.of(), settings);
    }

    /** Starts a node with more options for its Java. */
    static Broker start(Path folder, List<String> options, String... settings) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"));
        command.addAll(options);
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"),
                Interop.class.getName(), "broker", folder.toString()));
        command.addAll(List.of(settings));
        Path log = folder.resolveSibling(folder.getFileName() + ".broker.log");
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("ready ")) {
                return new Broker(process, line.substring("ready ".length()));
            }
        }
        process.destroyForcibly();
        throw new IOException("the node on " + folder + " did not start: " + Files.readString(log));
    }

    /** The address for clients. */
    String address() {
        return address;
    }

    /** Ends the node as a power cut would. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Stops the node in order, if it still runs. */
    @Override
    public void close() throws IOException {
        if (!process.isAlive()) {
            return;
        }
        process.getOutputStream().close();
        if (!hasEndedWithin(STOP_SECONDS_MAX)) {
            kill();
            throw new IllegalStateException("the node did not stop within " + STOP_SECONDS_MAX + " s");
        }
    }

    private boolean hasEndedWithin(int seconds) {
        try {
            process.onExit().get(seconds, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException still) {
            return false;
        } catch (InterruptedException | ExecutionException failure) {
            throw new IllegalStateException("waiting for the node failed", failure);
        }
    }
}
