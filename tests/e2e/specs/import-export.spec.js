// What goes out comes in again, identical.
import { fileOf } from "../pages/file.js";
import { exportJsonLines, ImportDialog } from "../pages/transfer.js";
import { expect, test } from "../support/fixtures.js";

// Written as Tablog writes it, so that texts can be compared: JavaScript's numbers would round the times.
const LINES = [
  ["0", "0", "9007199254740993", '"key":"ключ","value":"{\\"id\\":9007199254740993}","headers":[["a","1"],["a","2"],["b",null],["","empty name"]]'],
  ["0", "1", "9007199254740994", '"key":null,"value":""'],
  ["0", "2", "9007199254740994", '"key":"","value":null'],
  ["1", "0", "0", '"key_base64":"AP+A","value_base64":"/////w==","headers":[["raw",{"base64":"wyg="}],["nul",""]]'],
  ["1", "1", "1700000000000", '"key":"line\\nbreak \\"quoted\\" \\\\ tab\\t","value":"𝄞 \\u0001"'],
  ["2", "0", "1700000000001", '"key":"k","value":"<script>alert(1)</script>"'],
].map(
  ([partition, offset, timestamp, rest]) => (topic) =>
    `{"topic":"${topic}","partition":${partition},"offset":${offset},"timestamp":${timestamp},"timestamp_type":"CreateTime",${rest}}`,
);

const linesOf = (text) => text.trimEnd().split("\n").sort();

test("a file of JSON Lines that is imported and exported is the same, and so it is the second time", async ({ app, page }) => {
  await app.open();
  const written = LINES.map((line) => line("round")).sort();
  await app.file.open(fileOf("round.jsonl", `${LINES.map((line) => line("round")).join("\n")}\n`));
  const dialog = new ImportDialog(page);
  await dialog.import("round");
  await expect(dialog.report).toContainText("6 records stored in round");
  await dialog.look.click();
  const topic = app.topic("round");
  await topic.messages.expectCount(6);
  const first = await exportJsonLines(page);
  expect(linesOf(first)).toEqual(written);

  await app.file.open(fileOf("again.jsonl", first));
  await dialog.import("again");
  await dialog.look.click();
  await app.topic("again").messages.expectCount(6);
  expect(linesOf(await exportJsonLines(page))).toEqual(LINES.map((line) => line("again")).sort());
});

test("a kcat dump is imported with its keys, headers and times", async ({ app, page }) => {
  const line = '{"topic":"from","partition":1,"offset":7,"tstype":"create","ts":1700000000123,"broker":1,"headers":["h","1","h",null],"key":"k","payload":"v"}';
  await app.open();
  await app.file.open(fileOf("dump.json", `${line}\n`));
  const dialog = new ImportDialog(page);
  await dialog.import("kcat");
  await dialog.look.click();
  const topic = app.topic("kcat");
  await topic.messages.expectCount(1);
  const [row] = await topic.messages.readAll();
  expect(row).toMatchObject({ time: "2023-11-14 22:13:20.123 UTC", partition: "1", offset: "0", key: "k", value: "v", headers: "2" });
});

test("data deleted from outside while the page is open is said, and the page goes on", async ({ app, page, context, address }) => {
  await app.open();
  await app.createTopic("wiped");
  const devtools = await context.newCDPSession(page);
  await devtools.send("Storage.clearDataForOrigin", { origin: new URL(address).origin, storageTypes: "indexeddb" });
  await expect(app.alert.filter({ hasText: "deleted from outside" })).toBeVisible();
  await page.reload();
  await app.open("#/topics");
  await expect(page.getByText("No topics yet").first()).toBeVisible();
  await app.createTopic("anew");
});
