import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LogRecord } from "../../src/log/batch.ts";
import { LIST_PRICES, parsePrices } from "../../src/analysis/prices.ts";
import { ClaudeFake, FAKE_KEY, reply } from "../support/claude-fake.ts";
import { logRecord } from "../support/log-records.ts";
import { replayTranscripts, runLive, type LiveOptions } from "./live-run.ts";
import { liveTable } from "./live-score.ts";
import type { Scenario } from "./scenarios.ts";

const START_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

function record(minute: number, level: string, body: string): LogRecord {
  return logRecord(START_MS + minute * MINUTE_MS, { service: "payment-api", level, body });
}

function scenario(name: string): Scenario {
  const quiet = Array.from({ length: 20 }, (_, minute) => record(minute, "INFO", "all is well"));
  const loud = Array.from({ length: 9 }, (_, i) =>
    record(17 + i / 4, "ERROR", "Connection to database refused"),
  );
  return {
    name,
    records: [...quiet, ...loud],
    changes: [],
    given: [{ atMs: START_MS + 19 * MINUTE_MS, service: "payment-api", summary: "errors" }],
    truth: { service: "payment-api", commit: null, decoys: [] },
  };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tocsin-live-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function options(fake: ClaudeFake, change: Partial<LiveOptions> = {}): LiveOptions {
  return {
    apiKey: FAKE_KEY,
    model: "claude-sonnet-5-5",
    effort: "high",
    maxTokens: 8_000,
    evidenceTokens: 8_000,
    runs: 1,
    maxUsd: 5,
    prices: parsePrices(LIST_PRICES) ?? [],
    timeoutMs: 10_000,
    folder,
    fetch: fake.fetch,
    told: () => undefined,
    ...change,
  };
}

describe("the live evaluation", () => {
  test("asks about every scenario, judges the answers and adds up what they cost", async () => {
    const wrong = { root_cause: { summary: "x", component: "other", fault_class: "unknown", change: "" } };
    const fake = new ClaudeFake(reply.answer(), reply.answer(wrong));
    const run = await runLive([scenario("a"), scenario("b")], options(fake));
    expect(run.capped).toBe(false);
    expect(run.cases.map((one) => [one.scenario, one.componentRight, one.changeRight])).toEqual([
      ["a", true, true],
      ["b", false, true],
    ]);
    // 900 tokens in and 300 out, each time, at 2 and 10 USD per million.
    expect(run.spentUsd).toBeCloseTo(2 * (900 * 2e-6 + 300 * 10e-6), 9);
  });

  test("makes no call whose worst case would pass the cap", async () => {
    const fake = new ClaudeFake(reply.answer(), reply.answer(), reply.answer());
    const run = await runLive([scenario("a")], options(fake, { maxUsd: 0.01 }));
    expect(run).toEqual({ cases: [], spentUsd: 0, capped: true });
    expect(fake.requests).toEqual([]);
  });

  test("stops in the middle once the rest would not pay for another call", async () => {
    const dear = { usage: { input_tokens: 3_000, output_tokens: 8_000 } } as object;
    const fake = new ClaudeFake(...Array.from({ length: 5 }, () => reply.message("{}", dear)));
    const run = await runLive([scenario("a")], options(fake, { runs: 5, maxUsd: 0.25 }));
    expect(run.capped).toBe(true);
    expect(fake.requests).toHaveLength(2);
    expect(run.spentUsd).toBeLessThanOrEqual(0.25);
  });

  test("an answer that does not come is a case that failed, at the worst cost", async () => {
    const run = await runLive([scenario("a")], options(new ClaudeFake(reply.networkError())));
    expect(run.cases).toMatchObject([{ componentRight: false, changeRight: false }]);
    expect(run.cases[0]?.failure).not.toBeNull();
    expect(run.spentUsd).toBeGreaterThan(0);
  });

  test("records transcripts without the key, which replay to the same verdicts without a call", async () => {
    const fake = new ClaudeFake(reply.answer(), reply.answer({ confidence: 0.2 }));
    const all = [scenario("a")];
    const run = await runLive(all, options(fake, { runs: 2 }));
    const files = await readdir(folder);
    expect(files.toSorted()).toEqual(["a.1.json", "a.2.json"]);
    for (const file of files) expect(await readFile(join(folder, file), "utf8")).not.toContain(FAKE_KEY);
    expect(await replayTranscripts(all, folder)).toEqual({ cases: run.cases, stale: 0 });
    const renamed = {
      ...scenario("a"),
      given: [{ ...scenario("a").given[0], summary: "others" }],
    } as Scenario;
    expect((await replayTranscripts([renamed], folder))?.stale).toBe(2);
  });

  test("without transcripts there is nothing to replay", async () => {
    expect(await replayTranscripts([], join(folder, "none"))).toBeNull();
  });

  test("the table shows intervals, calibration, cost and time", async () => {
    const { cases } = await runLive([scenario("a")], options(new ClaudeFake(reply.answer())));
    const { figures } = liveTable("t", cases, []);
    expect(figures[0]).toMatchObject({ value: 1, of: "1 of 1, 95 % interval 21 % to 100 %" });
    expect(figures.map(({ what }) => what)).toEqual(
      expect.arrayContaining(["right where it said high", "cost", "time of a case, p95"]),
    );
  });
});
