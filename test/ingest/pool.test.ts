import { gzipSync } from "node:zlib";

import fc from "fast-check";
import { pino } from "pino";
import { describe, expect, test } from "vitest";

import { CountingThread } from "../../src/ingest/counting-thread.ts";
import { MIN_POOLED_BYTES, WorkerPool } from "../../src/ingest/pool.ts";
import type { FromThread } from "../../src/ingest/protocol.ts";
import { ByteBudget } from "../../src/otlp/byte-budget.ts";
import type { Taken, WireBody } from "../../src/otlp/intake.ts";
import type { Counted, CountedPane } from "../../src/window/counted.ts";
import { Windows } from "../../src/window/windows.ts";
import { Naming } from "../support/counting.ts";
import { BUDGET_BYTES, fakeThreads, threadOptions, type FakeThread } from "../support/ingest-threads.ts";
import { attribute, protobufRequest, stringValue } from "../support/otlp-requests.ts";
import { TestClock } from "../support/test-clock.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 12, 0, 3);
const PADDING = "x".repeat(MIN_POOLED_BYTES);

function nanos(timeMs: number): string {
  return String(BigInt(timeMs) * 1_000_000n);
}

/** A body of so many records that does not shrink below what the pool takes. */
function body(records = 1, padding = PADDING): WireBody {
  const bytes = protobufRequest(
    Array.from({ length: records }, (_, i) => ({
      timeUnixNano: nanos(NOW_MS),
      severityNumber: i === 0 ? 17 : 9,
      body: stringValue(`order ${i} failed`),
      attributes: [attribute("padding", padding)],
    })),
  );
  return { encoding: "protobuf", codings: [], bytes };
}

interface Pooled {
  readonly pool: WorkerPool;
  readonly started: FakeThread[];
  readonly budget: ByteBudget;
  readonly clock: TestClock;
  readonly counted: CountedPane[];
  /** Of each collection. */
  readonly epochs: number[];
  readonly inline: WireBody[];
  readonly take: (body: WireBody) => Promise<Taken>;
}

class SetBackClock extends TestClock {
  backMs = 0;
  override now(): number {
    return super.now() - this.backMs;
  }
}

function pooled(threads: number, clock = new TestClock(NOW_MS)): Pooled {
  const { spawn, started, budget } = fakeThreads(threads);
  const counted: CountedPane[] = [];
  const epochs: number[] = [];
  const inline: WireBody[] = [];
  const pool = new WorkerPool({
    threads,
    spawn,
    budget,
    clock,
    log: pino({ level: "silent" }),
    counted: ({ panes }, _slot, epoch) => {
      counted.push(...panes);
      epochs.push(epoch);
    },
    took: () => {},
    inline: {
      take: (taken) => {
        inline.push(taken);
        const outcome = {
          kind: "delivered",
          accepted: 1,
          rejected: 0,
          late: 0,
          partial: null,
          recognisable: "never",
          repeated: false,
        } as const;
        return Promise.resolve({ outcome, bodyBytes: taken.bytes.length });
      },
    },
  });
  const take = (taken: WireBody): Promise<Taken> => pool.take(taken, budget.lease());
  return { pool, started, budget, clock, counted, epochs, inline, take };
}

describe("the pool", () => {
  test("a small body stays on the main thread, a large one goes to a worker that counts it", async () => {
    const { take, inline, started, pool, counted } = pooled(1);
    await take(body(1, ""));
    expect(inline.length).toBe(1);
    const taken = take(body(3));
    started[0]?.work();
    expect(await taken).toMatchObject({ outcome: { kind: "delivered", accepted: 3, rejected: 0, late: 0 } });
    const collected = pool.collect(NOW_MS);
    started[0]?.work();
    await collected;
    expect(counted.map(({ series }) => series.map(({ levels }) => levels.reduce((a, b) => a + b)))).toEqual([
      [3],
    ]);
    expect([inline.length, pool.dirty]).toEqual([1, false]);
  });

  test("without workers everything stays on the main thread", async () => {
    const { take, inline } = pooled(0);
    await take(body());
    expect(inline.length).toBe(1);
  });

  test("a body goes to the worker with the least to do", () => {
    const { take, started } = pooled(2);
    void take(body(4));
    void take(body(1));
    void take(body(1));
    expect(started.map(({ inbox }) => inbox.length)).toEqual([1, 2]);
  });

  test("a collection holds every body that was answered before it", async () => {
    const { take, started, pool, counted } = pooled(1);
    const first = take(body());
    started[0]?.work();
    await first;
    const collected = pool.collect(NOW_MS);
    void take(body());
    expect(started[0]?.inbox.map(({ kind }) => kind)).toEqual(["collect", "take"]);
    started[0]?.work();
    await collected;
    expect([counted.length, pool.dirty]).toEqual([1, true]);
  });

  test("a worker that is busy delays a collection by a quarter of a second, its counts come later", async () => {
    const { take, started, pool, clock, counted } = pooled(1);
    void take(body());
    const collected = pool.collect(NOW_MS);
    await clock.advance(250);
    await collected;
    expect(counted).toEqual([]);
    started[0]?.work();
    expect(counted.length).toBe(1);
  });

  test("what a dying worker was busy with is answered 503, and its share of the budget is free again", async () => {
    const { take, started, budget, clock, pool } = pooled(1);
    const taken = [take(body()), take(body())];
    budget.lease(0).grow(1_000);
    const collected = pool.collect(NOW_MS);
    started[0]?.events.died("out of memory");
    const outcomes = await Promise.all(taken);
    expect(outcomes.map(({ outcome }) => "status" in outcome && outcome.status)).toEqual([503, 503]);
    await collected;
    expect(budget.usedBytes).toBe(0);
    expect(await take(body())).toMatchObject({ outcome: { status: 503 } });
    await clock.advance(1_000);
    expect(started.length).toBe(2);
    const again = take(body());
    started[1]?.work();
    expect(await again).toMatchObject({ outcome: { kind: "delivered" } });
  });

  test("a clock set back still gives the counts of the next worker a later epoch", async () => {
    const clock = new SetBackClock(NOW_MS);
    const { started, pool, epochs } = pooled(1, clock);
    const collect = (thread: number): void => {
      void pool.take(body(), new ByteBudget(BUDGET_BYTES).lease());
      void pool.collect(NOW_MS);
      started[thread]?.work();
    };
    collect(0);
    started[0]?.events.died("exit 1");
    await clock.advance(1_000);
    collect(1);
    clock.backMs = 60_000;
    started[1]?.events.died("exit 1");
    await clock.advance(1_000);
    collect(2);
    expect(epochs).toEqual([NOW_MS, NOW_MS + 1_000, NOW_MS + 1_001]);
  });

  test("a worker is asked once to tell its shapes anew", () => {
    const { take, started, pool } = pooled(1);
    void take(body());
    pool.tellAgain();
    void pool.collect(NOW_MS);
    void take(body());
    void pool.collect(NOW_MS);
    const asked = started[0]?.inbox.flatMap((message) =>
      message.kind === "collect" ? [message.tellAgain] : [],
    );
    expect(asked).toEqual([true, false]);
  });

  test("closing waits for the bodies under way and for their counts", async () => {
    const { take, started, pool, counted } = pooled(2);
    const taken = take(body());
    const closing = pool.close();
    for (const thread of started) thread.work();
    await closing;
    expect(await taken).toMatchObject({ outcome: { kind: "delivered" } });
    expect([counted.length, started.every(({ terminated }) => terminated)]).toEqual([1, true]);
    expect(await take(body())).toMatchObject({ outcome: { status: 503 } });
  });

  test("closing does not wait for a worker that hangs", async () => {
    const { take, started, pool, clock } = pooled(1);
    void take(body());
    const closing = pool.close();
    await clock.advance(5_000);
    await closing;
    expect(started[0]?.terminated).toBe(true);
  });

  test("a body that is not intact is refused by the worker as by the main thread", async () => {
    const { take, started } = pooled(1);
    const taken = take({ encoding: "protobuf", codings: ["gzip"], bytes: Buffer.alloc(MIN_POOLED_BYTES, 7) });
    started[0]?.work();
    expect(await taken).toMatchObject({ outcome: { status: 400, reason: "corrupt" } });
  });
});

/** What windows hold once every delta is in, templates by their texts, for comparison. */
function countsOf(sources: readonly (readonly Counted[])[]): unknown {
  const windows = new Windows(10_000);
  for (const [slot, all] of sources.entries()) {
    const naming = new Naming(String(slot));
    for (const counted of all) for (const delta of naming.deltas(counted)) windows.apply(delta);
  }
  const [fromMs, toMs] = [NOW_MS - 300_000, NOW_MS + 60_000];
  const { total, errors, levels, services } = windows.stats("production", fromMs, toMs);
  const templates = windows.templates("production", fromMs, toMs);
  const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
    [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    total,
    errors,
    levels,
    services: sorted(services),
    templates: sorted(templates).map(([, map]) => sorted(map)),
  };
}

interface Sent {
  readonly service: string;
  readonly severity: number;
  readonly agoMs: number;
}

function requestOf({ service, severity, agoMs }: Sent): Buffer {
  const record = {
    timeUnixNano: nanos(NOW_MS - agoMs),
    severityNumber: severity,
    body: stringValue(`${service} broke in ${agoMs} ms`),
  };
  return gzipSync(protobufRequest([record], [attribute("service.name", service)]));
}

class Worker {
  readonly counted: Counted[] = [];
  readonly #thread = new CountingThread(
    threadOptions(0, ByteBudget.cellsFor(1)),
    (text) => text,
    (message: FromThread) => {
      if (message.kind === "collected") this.counted.push(message.counted);
    },
  );

  take(sent: readonly Sent[]): void {
    const common = { kind: "take", id: 1, encoding: "protobuf", codings: ["gzip"], nowMs: NOW_MS } as const;
    for (const one of sent) this.#thread.receive({ ...common, bytes: requestOf(one) });
    this.#thread.receive({ kind: "collect", nowMs: NOW_MS, tellAgain: false });
  }
}

test("any split of the requests over any number of workers gives the same counts", () => {
  const record = fc.record({
    service: fc.constantFrom("cart", "pay", "mail"),
    severity: fc.constantFrom(5, 9, 13, 17, 21),
    agoMs: fc.integer({ min: 0, max: 110_000 }),
  });
  const batch = fc.array(record, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), batch), { maxLength: 12 }), (parts) => {
      const workers = [new Worker(), new Worker(), new Worker()];
      const alone = new Worker();
      for (const [slot, sent] of parts) {
        workers[slot]?.take(sent);
        alone.take(sent);
      }
      expect(countsOf(workers.map(({ counted }) => counted))).toEqual(countsOf([alone.counted]));
    }),
    { numRuns: 60 },
  );
});
