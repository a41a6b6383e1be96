import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { replayEngine } from "../../src/app/replay-engine.ts";
import { Shop, SHOP_STEP_MS } from "../../src/demo/shop.ts";
import { DEMO_SETTINGS } from "../../src/demo/words.ts";
import { runReplay } from "../../src/replay/run.ts";
import { TextSink } from "../support/replay-streams.ts";
import { TestClock } from "../support/test-clock.ts";

const OPENS_MS = Date.parse("2024-01-15T10:00:03.370Z");
const BREAKS_MS = 28_000;
const RECOVERS_MS = 42_000;
const ENDS_MS = 90_000;
const SEEDS = [1, 2, 3, 7, 42];

function story(seed: number): string {
  const shop = new Shop(seed);
  const lines: string[] = [];
  for (let atMs = 0; atMs < ENDS_MS; atMs += SHOP_STEP_MS) {
    if (atMs === BREAKS_MS) shop.setPhase("broken");
    if (atMs === RECOVERS_MS) shop.setPhase("recovering");
    for (const { atMs: lineMs, service, level, body, traceId } of shop.step()) {
      lines.push(JSON.stringify({ ts: OPENS_MS + lineMs, service, level, msg: body, trace_id: traceId }));
    }
  }
  return lines.join("\n");
}

async function alertsOf(seed: number, final: boolean): Promise<unknown[]> {
  const stdout = new TextSink();
  const io = {
    stdin: Readable.from([Buffer.from(story(seed))]),
    stdout,
    stderr: new TextSink(),
    clock: new TestClock(),
  };
  const settings = new Map(Object.entries(DEMO_SETTINGS));
  const options = {
    files: ["-"],
    json: true,
    final,
    analyze: false,
    format: "auto",
    service: "",
    settings,
  } as const;
  expect(await runReplay(options, replayEngine, io)).toBe(0);
  return stdout.lines.map((line): unknown => JSON.parse(line));
}

test.for(SEEDS)("with seed %d the break opens one alert that names payment first", async (seed) => {
  const alerts = await alertsOf(seed, false);
  expect(alerts).toMatchObject([{ category: "new_pattern", suspected_service: "payment", status: "open" }]);
});

test.for(SEEDS)("with seed %d that alert has risen to high and resolved at the end", async (seed) => {
  expect(await alertsOf(seed, true)).toMatchObject([{ severity: "high", status: "resolved" }]);
});
