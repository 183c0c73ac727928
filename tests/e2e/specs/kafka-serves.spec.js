// The other way: a topic that was made and exported in the browser, under Apache Kafka. It starts clean, its tools find nothing
// wrong, and its consumers and librdkafka's read every record back.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { fileOf } from "../pages/file.js";
import { ImportDialog } from "../pages/transfer.js";
import { Broker, kafka, kcat } from "../support/kafka.js";
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";
import { unzipped } from "../support/zip.js";

const PARTITIONS = 3;
const AT = 1_700_000_000_000;
const LONG = "x".repeat(5_000);

/** Bytes as the interop program tells them: in base64, and long ones by length and SHA-256. */
function told(text) {
  if (text === null) return null;
  const bytes = Buffer.from(text);
  if (text !== LONG) return bytes.toString("base64");
  return { length: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Records of every kind: keys and values null and empty, tombstones, headers that repeat, bytes that are no text. */
function records() {
  const text = { key: "k", value: '{"paid":true}' };
  const kinds = [
    text,
    { ...text, key: null },
    { ...text, key: "" },
    { ...text, value: null },
    { ...text, value: "" },
    { ...text, headers: [["a", "1"], ["a", "2"], ["none", null]] },
    { key: "größe", value: "☃ ünïcode" },
    { key: null, value: LONG },
  ];
  return Array.from({ length: 60 }, (_, n) => ({ partition: n % PARTITIONS, timestamp: AT + n * 10, headers: [], ...kinds[n % kinds.length] }));
}

test("a topic made and exported in the browser is served by Apache Kafka, and read back by its clients", async ({ app, page, scratch }) => {
  test.setTimeout(240_000);
  const made = records();
  await app.open();
  await app.createTopic("made-here", { partitions: PARTITIONS, configs: { "compression.type": "zstd" } });
  await app.file.open(fileOf("records.jsonl", lines(made).join("\n")));
  const dialog = new ImportDialog(page);
  await dialog.import("made-here");
  await dialog.look.click();
  const topic = app.topic("made-here");
  await topic.messages.expectCount(made.length);

  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Export Kafka data directory" }).click();
  const saved = page.waitForEvent("download");
  await page.getByRole("dialog").getByRole("button", { name: "Export", exact: true }).click();
  const files = unzipped(await readFile(await (await saved).path()));

  // As the dialog says: the topic is made on the broker, which is then stopped, and keeps its own partition.metadata.
  const data = join(scratch, "broker", "data");
  await mkdir(join(scratch, "broker"), { recursive: true });
  const before = await Broker.start(data);
  await kafka(["topics", before.address, `made-here:${PARTITIONS}`]);
  await before.stop();
  const put = [...files].filter(([path]) => !path.endsWith("/partition.metadata"));
  for (const [path, bytes] of put) await writeFile(join(data, path), bytes);

  const logs = put.map(([path]) => path).filter((path) => /\.(log|index|timeindex|snapshot)$/.test(path));
  expect(logs.length).toBeGreaterThanOrEqual(PARTITIONS * 3);
  const dumped = await kafka(["check", ...logs.map((path) => join(data, path))]);
  for (const path of logs) expect(dumped).toContain(`Dumping ${join(data, path)}`);
  expect(dumped.split("\n").filter((it) => /mismatch|corrupt|Non-consecutive|larger|Found/i.test(it) && !it.includes("baseOffset: "))).toEqual([]);

  const broker = await Broker.start(data);
  for (const isolation of ["read_uncommitted", "read_committed"]) {
    const read = (await kafka(["consume", broker.address, "made-here", isolation])).trim().split("\n").map((it) => JSON.parse(it));
    const wanted = Array.from({ length: PARTITIONS }, (_, partition) =>
      made
        .filter((it) => it.partition === partition)
        .map((it, offset) => ({
          topic: "made-here",
          partition,
          offset,
          timestamp: it.timestamp,
          key: told(it.key),
          value: told(it.value),
          headers: it.headers.map(([key, value]) => ({ key, value: told(value) })),
        })),
    ).flat();
    expect(read).toEqual(wanted);
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const length = (text) => (text === null ? -1 : Buffer.byteLength(text));
      const wanted = made
        .filter((it) => it.partition === partition)
        .map((it, offset) => {
          const headers = it.headers.map(([name, content]) => `${name}=${content ?? "NULL"}`).join(",");
          return [offset, it.timestamp, length(it.key), it.key ?? "", length(it.value), it.value ?? "", headers].join("|");
        });
      expect(await kcat(broker.address, "made-here", partition, isolation)).toEqual(wanted);
    }
  }
  const printed = await kafka(
    ["--bootstrap-server", broker.address, "--topic", "made-here", "--from-beginning", "--timeout-ms", "5000", "--formatter-property", "print.key=true"],
    "org.apache.kafka.tools.consumer.ConsoleConsumer",
  );
  const shown = (text) => (text === null ? "null" : text);
  expect(printed.split("\n").filter((it) => it.includes("\t")).sort()).toEqual(made.map((it) => `${shown(it.key)}\t${shown(it.value)}`).sort());

  const log = await broker.stop();
  // Words of LogLoader and LogSegment when a file is missing or wrong.
  const complaints = log.split("\n").filter((it) => it.includes("made-here") && /WARN|ERROR|corrupt|ecovering|ebuilding index|runcat|could not find/.test(it));
  expect(complaints).toEqual([]);
  for (const [path, bytes] of put.filter(([path]) => /\.(log|index|timeindex)$/.test(path))) {
    expect((await readFile(join(data, path))).equals(bytes), path).toBe(true);
  }
});
