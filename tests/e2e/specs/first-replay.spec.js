// From the first visit to the first replay.
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

const RECORDS = [
  { key: "order-1", value: '{"status":"created","total":12.5}', headers: [["trace", "a1"], ["trace", "a2"]], partition: 0 },
  { key: "order-2", value: "plain words", partition: 1 },
  { key: "order-1", value: null, partition: 2 },
];

test("a first visitor makes a topic, publishes, reads and replays", async ({ app }) => {
  await app.open();
  await expect(app.home.promise).toBeVisible();
  const topic = await app.createTopic("orders", { partitions: 3 });
  await topic.tab("Publish");
  for (const record of RECORDS) expect(await topic.publish.publish(record)).toEqual({ partition: record.partition, offset: 0 });

  await topic.tab("Messages");
  await topic.messages.expectCount(3);
  const rows = await topic.messages.readAll();
  expect(rows.map(({ partition, offset, key, value, headers }) => [partition, offset, key, value, headers])).toEqual([
    ["0", "0", "order-1", '{"status":"created","total":12.5}', "2"],
    ["1", "0", "order-2", "plain words", ""],
    ["2", "0", "order-1", "∅ tombstone", ""],
  ]);

  await topic.messages.row(0).click();
  await expect(topic.details.title).toHaveText("0 @ 0");
  await expect(topic.details.value).toContainText('"status"');
  await topic.details.face("Headers");
  await expect(topic.details.table.getByRole("row")).toHaveText(["tracea1", "tracea2"]);
  await topic.details.face("Metadata");
  await expect(topic.details.fact("Offset")).toHaveText("0");
  await topic.details.closeButton.click();
  await expect(topic.details.root).toHaveCount(0);

  await topic.tab("Replay");
  const { replay } = topic;
  await replay.expectShown(0, 3);
  await replay.play.click();
  await replay.expectShown(3, 3);
  await expect(replay.play).toBeVisible();
  await replay.stepBack.click();
  await replay.expectShown(2, 3);
  await expect(replay.grid.cell(replay.grid.row(1), "value")).toHaveText("plain words");
  await replay.stepForward.click();
  await replay.expectShown(3, 3);
  await expect(replay.grid.cell(replay.grid.row(2), "value")).toHaveText("∅ tombstone");
  await replay.toStart.click();
  await replay.expectShown(0, 3);
});

test("a replay that plays slowly can be paused in the middle and goes on from there", async ({ app }) => {
  await app.open();
  const topic = await app.createTopic("slow");
  await topic.tab("Publish");
  // A record every second, in the past: at the recorded speed nothing shortens the gaps.
  const records = Array.from({ length: 60 }, (_, n) => ({ timestamp: 1_700_000_000_000 + n * 1_000, value: `${n}` }));
  await topic.publish.bulk.publish(lines(records));
  await topic.tab("Replay");
  const { replay } = topic;
  await replay.expectShown(0, 60);
  await replay.play.click();
  await expect(replay.grid.row(1)).toBeVisible();
  await replay.pause.click();
  await expect(replay.play).toBeVisible();
  const shown = await replay.grid.count();
  expect(shown).toBeLessThan(60);
  await replay.stepForward.click();
  await replay.expectShown(shown + 1, 60);
  await replay.speed.selectOption({ label: "1,000×" });
  await replay.play.click();
  await replay.expectShown(60, 60);
});
