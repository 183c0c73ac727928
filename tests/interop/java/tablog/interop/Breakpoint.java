package tablog.interop;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.Method;
import com.sun.jdi.ReferenceType;
import com.sun.jdi.StringReference;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.Value;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;

/** Holds a node at one place of Kafka's code, so that it can be killed there. */
final class Breakpoint {
    private final CompletableFuture<Void> reached = new CompletableFuture<>();

    /**
     * Attaches to a node and waits, beside what goes on, until it calls a method of a class that it has loaded.
     *
     * @param port     where the node's debug interface listens on the loopback address
     * @param argument what the call's first argument must be
     */
    Breakpoint(int port, String className, String methodName, String argument) throws Exception {
        VirtualMachine machine = attach(port);
        ReferenceType type = machine.classesByName(className).get(0);
        for (Method method : type.methodsByName(methodName)) {
            machine.eventRequestManager().createBreakpointRequest(method.location()).enable();
        }
        Thread watcher = new Thread(() -> watch(machine, argument));
        watcher.setDaemon(true);
        watcher.start();
    }

    /** Waits until the node stands there. */
    void await(int seconds) throws Exception {
        reached.get(seconds, TimeUnit.SECONDS);
    }

    private static VirtualMachine attach(int port) throws Exception {
        for (AttachingConnector connector : Bootstrap.virtualMachineManager().attachingConnectors()) {
            if (connector.name().equals("com.sun.jdi.SocketAttach")) {
                Map<String, Connector.Argument> arguments = connector.defaultArguments();
                arguments.get("hostname").setValue("127.0.0.1");
                arguments.get("port").setValue(Integer.toString(port));
                return connector.attach(arguments);
            }
        }
        throw new IOException("this Java cannot attach to another one");
    }

    private void watch(VirtualMachine machine, String argument) {
        try {
            while (true) {
                EventSet events = machine.eventQueue().remove();
                for (Event event : events) {
                    if (event instanceof BreakpointEvent stop && firstArgument(stop.thread()).equals(argument)) {
                        // Every thread of the node is suspended now, and stays so.
                        reached.complete(null);
                        return;
                    }
                }
                events.resume();
            }
        } catch (Exception failure) {
            reached.completeExceptionally(failure);
        }
    }

    private static String firstArgument(ThreadReference thread) throws Exception {
        Value value = thread.frame(0).getArgumentValues().get(0);
        return value instanceof StringReference text ? text.value() : "";
    }
}
