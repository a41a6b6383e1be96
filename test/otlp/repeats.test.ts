import { gzipSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { batchOf } from "../../src/log/batch.ts";
import { SECOND_MS } from "../../src/log/time.ts";
import { ByteBudget } from "../../src/otlp/byte-budget.ts";
import type { Coding } from "../../src/otlp/content-encoding.ts";
import { InlineIntake, type Taken, type WireBody } from "../../src/otlp/intake.ts";
import { FAILED } from "../../src/otlp/refusals.ts";
import { fingerprint, recognisable, RepeatGuard } from "../../src/otlp/repeats.ts";
import { logRecord } from "../support/log-records.ts";
import { CapturingSink } from "../support/otlp-receiver.ts";
import { protobufRequest, stringValue } from "../support/otlp-requests.ts";
import { TestClock } from "../support/test-clock.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 12, 0, 3) + 7;
const MINUTES_10_MS = 600 * SECOND_MS;

function bytesOf(records: number, timeMs: number | null): Buffer {
  return protobufRequest(
    Array.from({ length: records }, (_, i) => ({
      ...(timeMs === null ? {} : { timeUnixNano: String(BigInt(timeMs) * 1_000_000n) }),
      body: stringValue(`order ${i} failed`),
    })),
  );
}

function plain(bytes: Buffer): WireBody {
  return { encoding: "protobuf", codings: [], bytes: Buffer.from(bytes) };
}

class Guarded {
  readonly clock = new TestClock(NOW_MS);
  readonly sink = new CapturingSink();
  readonly repeats: number[] = [];
  readonly #lease = new ByteBudget(64 * 1_024 * 1_024).lease();
  readonly guard: RepeatGuard;

  constructor(inner?: () => Promise<Taken>) {
    const inline = new InlineIntake({ maxBodyBytes: 1_000_000, sink: this.sink }, this.clock);
    this.guard = new RepeatGuard(inner === undefined ? inline : { take: inner }, {
      clock: this.clock,
      repeated: (records) => void this.repeats.push(records),
    });
  }

  async take(body: WireBody): Promise<Taken["outcome"]> {
    return (await this.guard.take(body, this.#lease)).outcome;
  }

  /** Records counted after the same body twice. */
  async twice(bytes: Buffer, afterMs: number): Promise<number> {
    await this.take(plain(bytes));
    await this.clock.advance(afterMs);
    await this.take(plain(bytes));
    return this.sink.records.length;
  }
}

describe("a batch that comes again", () => {
  test("is answered as before, told of and not counted", async () => {
    const guarded = new Guarded();
    const bytes = bytesOf(20, NOW_MS);
    const first = await guarded.take(plain(bytes));
    await guarded.clock.advance(5 * SECOND_MS);
    expect(await guarded.take(plain(bytes))).toEqual({ ...first, repeated: true });
    expect([guarded.sink.records.length, guarded.repeats]).toEqual([20, [20]]);
  });

  test("is known though its gzip header was written anew", async () => {
    const guarded = new Guarded();
    const bytes = gzipSync(bytesOf(20, NOW_MS));
    const later = Buffer.from(bytes);
    later.writeUInt32LE(1_767_268_805, 4);
    const body = (wire: Buffer): WireBody => ({ encoding: "protobuf", codings: ["gzip"], bytes: wire });
    await guarded.take(body(bytes));
    await guarded.clock.advance(SECOND_MS);
    await guarded.take(body(later));
    expect([guarded.sink.records.length, guarded.repeats]).toEqual([20, [20]]);
  });

  test("waits for the first where that is still under way", async () => {
    const underWay = Promise.withResolvers<Taken>();
    let taken = 0;
    const guarded = new Guarded(() => {
      taken += 1;
      return underWay.promise;
    });
    const bytes = bytesOf(20, NOW_MS);
    const both = [guarded.take(plain(bytes)), guarded.take(plain(bytes))];
    underWay.resolve({
      bodyBytes: bytes.length,
      outcome: {
        kind: "delivered",
        accepted: 20,
        rejected: 0,
        late: 0,
        partial: null,
        recognisable: "always",
        repeated: false,
      },
    });
    expect((await Promise.all(both)).map((outcome) => "repeated" in outcome && outcome.repeated)).toEqual([
      false,
      true,
    ]);
    expect(taken).toBe(1);
  });
});

describe("counted each time it comes", () => {
  test.for([
    ["a record without a time: it may well be the same again", 20, null, 5 * SECOND_MS, 40],
    ["one record of the same millisecond, at once: two replicas, or a loop", 1, NOW_MS, 0, 2],
    ["many records of one millisecond, at once", 20, NOW_MS, 0, 40],
    ["one record of the same second, whenever it comes", 1, NOW_MS - 7 - 3_000, 5 * SECOND_MS, 2],
    ["what came more than ten minutes ago", 20, NOW_MS, MINUTES_10_MS, 40],
  ] as const)("%s", async ([, records, timeMs, afterMs, counted]) => {
    expect(await new Guarded().twice(bytesOf(records, timeMs), afterMs)).toBe(counted);
  });

  test("one record of a millisecond only until a sender's pause before a retry has passed", async () => {
    expect(await new Guarded().twice(bytesOf(1, NOW_MS), SECOND_MS)).toBe(1);
  });

  test("what was refused the first time", async () => {
    const guarded = new Guarded();
    const bytes = bytesOf(20, NOW_MS);
    const { next } = guarded.sink;
    guarded.sink.next = () => ({ kind: "overloaded", retryAfterS: 1 });
    expect(await guarded.take(plain(bytes))).toMatchObject({ status: 503 });
    guarded.sink.next = next;
    expect(await guarded.take(plain(bytes))).toMatchObject({ kind: "delivered", repeated: false });
    expect(guarded.sink.records.length).toBe(20);
  });

  test("what a receiver that broke never counted", async () => {
    let calls = 0;
    const guarded = new Guarded(() => {
      calls += 1;
      return calls === 1
        ? Promise.reject(new Error("broken"))
        : Promise.resolve({ outcome: FAILED, bodyBytes: 0 });
    });
    await expect(guarded.take(plain(bytesOf(20, NOW_MS)))).rejects.toThrow("broken");
    await guarded.take(plain(bytesOf(20, NOW_MS)));
    expect(calls).toBe(2);
  });
});

test("a batch is recognisable only where every record has a time", () => {
  const times = fc.array(fc.oneof(fc.constant(NaN), fc.integer({ min: 1, max: 2 ** 40 })), { maxLength: 30 });
  fc.assert(
    fc.property(times, (timesMs) => {
      const timed = timesMs.length > 0 && !timesMs.some(Number.isNaN);
      const coarse = timesMs.every((timeMs) => timeMs % SECOND_MS === 0);
      const expected = !timed ? "never" : timesMs.length >= 10 ? "always" : coarse ? "never" : "later";
      expect(recognisable(batchOf(timesMs.map((timeMs) => logRecord(timeMs))))).toBe(expected);
    }),
  );
});

describe("a fingerprint", () => {
  const LARGE = 100_000;
  const of = (bytes: Uint8Array, codings: readonly Coding[] = []): string =>
    fingerprint({ encoding: "protobuf", codings, bytes: Buffer.from(bytes) });

  test("differs wherever a single byte of a body differs", () => {
    const bytes = Buffer.alloc(LARGE, 7);
    const known = of(bytes);
    fc.assert(
      fc.property(fc.nat(LARGE - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const other = Buffer.from(bytes);
        other[at] = 7 ^ by;
        expect(of(other)).not.toBe(known);
      }),
    );
  });

  test("differs by how the same bytes are to be read", () => {
    const bytes = Buffer.from("the same bytes");
    const all = [
      of(bytes),
      of(bytes, ["zstd"]),
      fingerprint({ encoding: "json", codings: [], bytes: Buffer.from(bytes) }),
    ];
    expect(new Set(all).size).toBe(3);
  });
});
