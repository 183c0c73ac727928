// Apache Kafka, by the program of tests/interop: a broker on a data directory, its tools and its clients.
import { execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const MEBIBYTE = 1024 * 1024;

/** The options for `java` by which the program is found: a file. */
const ARGUMENTS = process.env.TABLOG_INTEROP;

/** Runs a command of the program, or another class of Kafka's, and returns what it printed. */
export async function kafka(words, main = "tablog.interop.Interop") {
  if (!ARGUMENTS) throw new Error("TABLOG_INTEROP is not set: run this by `cargo xtask test --only e2e`");
  const { stdout } = await run("java", [`@${ARGUMENTS}`, main, ...words], { maxBuffer: 64 * MEBIBYTE });
  return stdout;
}

/** Reads a partition with librdkafka's `kcat`: offset, timestamp, length and bytes of key and value, headers. */
export async function kcat(address, topic, partition, isolation) {
  const form = ["-C", "-e", "-q", "-o", "beginning", "-f", "%o|%T|%K|%k|%S|%s|%h\n"];
  const options = [`isolation.level=${isolation}`, "fetch.wait.max.ms=10", "broker.address.family=v4"].flatMap((it) => ["-X", it]);
  const { stdout } = await run("kcat", [...form, "-b", address, "-t", topic, "-p", String(partition), ...options]);
  return stdout.split("\n").filter(Boolean);
}

/** A broker on a data directory. It ends with this process, however that ends: it reads its standard input to the end. */
export class Broker {
  static async start(data) {
    const broker = new Broker();
    const log = ["warn", "log.org.apache.kafka.storage.internals.log=info"];
    const options = [`-Dorg.slf4j.simpleLogger.defaultLogLevel=${log[0]}`, `-Dorg.slf4j.simpleLogger.${log[1]}`];
    broker.log = `${data}.log`;
    broker.process = spawn("java", [`@${ARGUMENTS}`, ...options, "tablog.interop.Interop", "broker", data], { stdio: ["pipe", "pipe", "pipe"] });
    broker.process.stderr.pipe(createWriteStream(broker.log));
    broker.ended = new Promise((done) => broker.process.on("exit", done));
    for await (const line of createInterface({ input: broker.process.stdout })) {
      if (line.startsWith("ready ")) {
        broker.address = line.slice("ready ".length);
        return broker;
      }
    }
    throw new Error(`the broker did not start:\n${await readFile(broker.log, "utf8")}`);
  }

  /** Stops it in order, and returns what it logged. */
  async stop() {
    this.process.stdin.end();
    const status = await this.ended;
    if (status !== 0) throw new Error(`the broker ended with ${status}`);
    return readFile(this.log, "utf8");
  }
}
