// Kafka's own `.log` files, read in place: whole, cut, damaged, and files that are none.
import { fileOf } from "../pages/file.js";
import { batch, HEADER_BYTES } from "../support/batch.js";
import { expect, test } from "../support/fixtures.js";

const NAME = "00000000000000000000.log";

/** Four batches with five records each, offsets from 0. */
function batches() {
  return Array.from({ length: 4 }, (_, index) =>
    batch({
      baseOffset: index * 5,
      records: Array.from({ length: 5 }, (_, n) => ({
        timestamp: 1_700_000_000_000 + (index * 5 + n) * 1_000,
        key: `key-${index * 5 + n}`,
        value: JSON.stringify({ number: index * 5 + n }),
        headers: [["trace", `t${n}`]],
      })),
    }),
  );
}

/** Opens a file on the first screen. */
async function openFile(app, file) {
  await app.open();
  await app.file.open(file);
}

test("a log that Kafka wrote shows its records and their headers, and replays", async ({ app, page }) => {
  await openFile(app, fileOf(NAME, Buffer.concat(batches())));
  await app.file.messages.expectCount(20);
  const rows = await app.file.messages.readAll();
  expect(rows.map((row) => [row.offset, row.key, row.value, row.headers])).toEqual(
    rows.map((_, n) => [`${n}`, `key-${n}`, `{"number":${n}}`, "1"]),
  );
  await app.file.messages.row(7).click();
  await expect(app.file.details.value).toContainText("7");
  await page.getByRole("tab", { name: "Replay" }).click();
  const { replay } = app.topic(NAME);
  await replay.expectShown(0, 20);
  await replay.stepForward.click();
  await replay.expectShown(1, 20);
});

test("a log cut in the middle of a batch shows all batches before, and says where it ends", async ({ app }) => {
  const [first, second, third] = batches();
  const bytes = Buffer.concat([first, second, third.subarray(0, HEADER_BYTES + 20)]);
  await openFile(app, fileOf(NAME, bytes));
  await app.file.messages.expectCount(10);
  await app.file.damage.click();
  await expect(app.file.damage).toContainText("from offset 10 to the end");
});

test("a flipped bit is named by its offset, and the rest is readable", async ({ app }) => {
  const [first, second, third, fourth] = batches();
  second[second.length - 3] ^= 0x10;
  await openFile(app, fileOf(NAME, Buffer.concat([first, second, third, fourth])));
  await app.file.messages.expectCount(15);
  const rows = await app.file.messages.readAll();
  expect(rows.map((row) => row.offset)).toEqual(["0", "1", "2", "3", "4", ...Array.from({ length: 10 }, (_, n) => `${n + 10}`)]);
  await app.file.damage.click();
  await expect(app.file.damage).toContainText("offsets 5 up to 10");
});

test("a log with 64-bit offsets and timestamps shows every digit", async ({ app }) => {
  const baseOffset = 9_007_199_254_740_993n;
  const bytes = batch({ baseOffset, records: [{ timestamp: 253_402_300_799_999n, key: Buffer.of(0, 255), value: "" }] });
  await openFile(app, fileOf("00009007199254740993.log", bytes));
  await app.file.messages.expectCount(1);
  const [row] = await app.file.messages.readAll();
  expect(row).toMatchObject({ offset: "9,007,199,254,740,993", time: "9999-12-31 23:59:59.999 UTC", value: '"" empty' });
  expect(row.key).toMatch(/00 ?ff/i);
});

const NOISE = Buffer.from(Array.from({ length: 4_096 }, (_, n) => (n * 2_654_435_761) >>> 24));
const NO_LOGS = [
  ["a picture", "cat.png", Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(64, 7)]), "PNG picture"],
  ["an empty file", "nothing.txt", Buffer.alloc(0), "the file is empty"],
  ["noise", "noise.bin", NOISE, "neither a Kafka log nor JSON Lines"],
];
for (const [what, name, bytes, reason] of NO_LOGS) {
  test(`${what} is not opened, and a dialog says what it is`, async ({ app, page }) => {
    await openFile(app, fileOf(name, bytes));
    const dialog = page.getByRole("dialog", { name: "Nothing here can be opened" });
    await expect(dialog).toContainText(name);
    await expect(dialog).toContainText(reason);
  });
}

test("noise under the name of a log shows no records, and says that none of it can be read", async ({ app }) => {
  await openFile(app, fileOf(NAME, NOISE));
  await app.file.damage.click();
  await expect(app.file.damage).toContainText("from offset 0 to the end");
  await app.file.messages.expectCount(0);
});
