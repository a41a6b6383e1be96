import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { patternLines, patternSource } from "../../src/app/patterns.ts";
import { TemplateSaver } from "../../src/app/template-saver.ts";
import { CLASSIC_DETECTORS } from "../../src/anomaly/registry.ts";
import { batchOf } from "../../src/log/batch.ts";
import { Pipeline } from "../../src/pipeline.ts";
import type { LearnedStore } from "../../src/store/learned-store.ts";
import { MemoryLearned } from "../../src/store/memory-learned.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { analyseNothing, MemoryBook } from "../support/alerts.ts";
import { logRecord, type RecordOptions } from "../support/log-records.ts";
import { ApiServer } from "../support/api-server.ts";
import { TestClock } from "../support/test-clock.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Away while it is told to be. */
class FlakyLearned extends MemoryLearned {
  away = false;
  readonly asked: string[] = [];
  saves = 0;

  override async series(): ReturnType<LearnedStore["series"]> {
    this.#check();
    return super.series();
  }
  override async load(keys: readonly string[]): ReturnType<LearnedStore["load"]> {
    this.#check();
    this.asked.push(...keys);
    return super.load(keys);
  }
  override async save(changes: Parameters<LearnedStore["save"]>[0]): Promise<void> {
    this.#check();
    this.saves += 1;
    await super.save(changes);
  }
  #check(): void {
    if (this.away) throw new StoreError("away", "08006", true);
  }
}

/** One process: a pipeline and what stores its templates. */
class Process {
  readonly clock: TestClock;
  readonly pipeline: Pipeline;
  readonly saver: TemplateSaver;

  constructor(store: LearnedStore, clock = new TestClock()) {
    this.clock = clock;
    this.pipeline = new Pipeline(
      {
        windowMs: 5 * MINUTE_MS,
        bucketMs: 10_000,
        warmupMs: 0,
        alpha: 0.2,
        relearnMs: 0,
        cooldownMs: 0,
        scope: "service",
        detectors: CLASSIC_DETECTORS,
        analyse: analyseNothing,
        maxServices: 100,
        replica: "one",
        epoch: clock.now(),
        storesTemplates: true,
      },
      {
        book: new MemoryBook(),
        redact: (text) => text.replaceAll("4111111111111111", "<card>"),
        timed: (_stage, work) => work(),
      },
    );
    const log = pino({ enabled: false });
    this.saver = new TemplateSaver({ templates: this.pipeline.templates, store, clock, log });
  }

  send(...records: readonly RecordOptions[]): void {
    const nowMs = this.clock.now();
    this.pipeline.accept(batchOf(records.map((options) => logRecord(nowMs, options))), nowMs);
    this.pipeline.tick(nowMs);
  }

  patterns(service: string) {
    const wanted = { service, environment: null, namespace: null };
    return patternSource(this.pipeline, this.clock).patterns(wanted) ?? [];
  }
}

const shipped = (order: number): RecordOptions => ({ service: "cart", body: `order ${order} shipped` });

describe("a restart", () => {
  test("knows the templates of before: same id, first seen then, counted on", async () => {
    const store = new MemoryLearned();
    const first = new Process(store);
    first.send(shipped(7), shipped(8), { service: "cart", level: "ERROR", body: "card refused" });
    const before = first.patterns("cart");
    await first.saver.stop();

    const clock = new TestClock(first.clock.now() + MINUTE_MS);
    const next = new Process(store, clock);
    await next.saver.restore();
    expect(next.pipeline.templates.size).toBe(2);
    expect(next.patterns("cart")).toHaveLength(2);
    next.send(shipped(9));
    const found = next.patterns("cart");
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(before.map(({ id }) => id)));
    const order = found.find(({ template }) => template.startsWith("order"));
    expect(order).toMatchObject({ count: 3, firstSeenAtMs: first.clock.now(), lastSeenAtMs: clock.now() });
  });

  test("a series silent for over a day is not taken in, but is when it logs again", async () => {
    const store = new FlakyLearned();
    const first = new Process(store);
    first.send(shipped(7));
    await first.saver.stop();
    const firstSeenAtMs = first.clock.now();
    const next = new Process(store, new TestClock(firstSeenAtMs + 2 * DAY_MS));
    await next.saver.restore();
    expect(next.pipeline.templates.size).toBe(0);
    next.send(shipped(8));
    await next.saver.recall();
    expect(next.patterns("cart")).toMatchObject([{ firstSeenAtMs, template: "order <num> shipped" }]);
    await next.saver.recall();
    expect(store.asked.filter((key) => key.endsWith("cart"))).toHaveLength(2);
  });

  test("with the store away it starts without, overwrites nothing, and takes it up later", async () => {
    const store = new FlakyLearned();
    const first = new Process(store);
    first.send(shipped(7));
    await first.saver.stop();
    const firstSeenAtMs = first.clock.now();
    const next = new Process(store, new TestClock(firstSeenAtMs + MINUTE_MS));
    store.away = true;
    await next.saver.restore();
    next.send(shipped(8));
    await next.saver.recall();
    await next.saver.save();
    expect(next.saver.failing).toBe(true);
    store.away = false;
    await next.saver.recall();
    expect(next.saver.failing).toBe(false);
    expect(next.patterns("cart")).toMatchObject([{ firstSeenAtMs }]);
  });
});

test("only series that changed are saved, and what failed is saved the next time", async () => {
  const store = new FlakyLearned();
  const process = new Process(store);
  const { saver, pipeline } = process;
  process.send(shipped(7));
  await saver.recall();
  store.away = true;
  await saver.save();
  store.away = false;
  await saver.save();
  expect([store.saves, (await store.series()).length]).toEqual([1, 1]);
  await saver.save();
  expect(store.saves).toBe(1);
  expect(pipeline.templates.takeUnsaved()).toEqual(new Map());
});

describe("the patterns of the running service", () => {
  test("have levels, rate, trend and redacted lines, at every level", async () => {
    const process = new Process(new MemoryLearned());
    process.send(
      ...Array.from({ length: 4 }, (_, i) => shipped(i)),
      { service: "cart", level: "ERROR", body: "card 4111111111111111 refused" },
      { service: "other", body: "nothing" },
    );
    await process.clock.advance(10_000);
    process.send(shipped(9), { service: "cart", level: "DEBUG", body: "cache warmed" });
    const server = await new ApiServer({
      patterns: patternSource(process.pipeline, process.clock),
    }).start();
    const answer = await server.call("GET", "/services/cart/patterns");
    const unknown = await server.call("GET", "/services/nobody/patterns");
    await server.stop();
    expect(unknown.status).toBe(404);
    const { patterns } = answer.json as { readonly patterns: readonly Record<string, unknown>[] };
    expect(patterns).toHaveLength(3);
    expect(patterns[0]).toMatchObject({
      template: "order <num> shipped",
      count: 5,
      per_minute: 1,
      levels: { info: 5 },
      samples: ["order 0 shipped", "order 1 shipped", "order 2 shipped"],
    });
    const trend = patterns[0]?.["trend"] as { readonly counts: readonly number[] };
    expect(trend.counts).toHaveLength(30);
    expect(trend.counts.slice(-2)).toEqual([4, 1]);
    expect(patterns.map(({ levels }) => levels)).toContainEqual({ error: 1 });
    expect(patterns.map(({ levels }) => levels)).toContainEqual({ debug: 1 });
    expect(answer.text).not.toContain("4111111111111111");
  });

  test("are told in Slack as far as they are in the window, the most frequent first", async () => {
    const process = new Process(new MemoryLearned());
    process.send({ service: "cart", body: "cache warmed" });
    await process.clock.advance(10 * MINUTE_MS);
    process.send({ service: "cart", body: "card refused" }, shipped(1), shipped(2));
    expect(patternLines("cart", process.pipeline, process.clock)).toEqual([
      { environment: "production", template: "order <num> shipped", count: 2 },
      { environment: "production", template: "card refused", count: 1 },
    ]);
    expect(process.patterns("cart")).toHaveLength(3);
  });
});
