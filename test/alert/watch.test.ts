import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import { AlertWatch } from "../../src/alert/watch.ts";
import { severityRank } from "../../src/anomaly/anomaly.ts";
import { CLASSIC_DETECTORS } from "../../src/anomaly/registry.ts";
import type { ClassicBaseline } from "../../src/baseline/classic.ts";
import type { WindowStats } from "../../src/window/windows.ts";
import { analyseNothing, MemoryBook } from "../support/alerts.ts";
import { T0 } from "../support/log-records.ts";
import { ALICE } from "../support/sample-alert.ts";
import { baselineOf, WINDOW_MS, windowStats } from "../support/window-stats.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const COOLDOWN_MS = 15 * MINUTE_MS;
const NORMAL = baselineOf({ errorRate: 0.01, totalLogs: 1_000, services: 5 });

/** What a window shows: 5 services with 1,000 records and no errors unless told otherwise. */
interface Seen {
  readonly errorRate?: number;
  readonly total?: number;
  readonly services?: number;
  readonly environment?: string;
}

function statsOf({ errorRate = 0, total = 1_000, services = 5 }: Seen, nowMs: number): WindowStats {
  const each = total / services;
  return windowStats(
    Object.fromEntries(
      Array.from({ length: services }, (_, i) => [`s${i}`, { total: each, errors: each * errorRate }]),
    ),
    nowMs,
  );
}

const CALM: Seen = {};
const ERRORS: Seen = { errorRate: 0.1 };

/** One watch over time; every evaluation runs the three rules. */
class Life {
  readonly book = new MemoryBook();
  readonly watch = new AlertWatch(
    {
      cooldownMs: COOLDOWN_MS,
      scope: "service",
      windowMs: WINDOW_MS,
      detectors: CLASSIC_DETECTORS,
      analyse: analyseNothing,
    },
    this.book,
  );

  at(nowMs: number, seen: Seen, normal: ClassicBaseline = NORMAL): void {
    const environment = seen.environment ?? "production";
    const stats = { ...statsOf(seen, nowMs), environment };
    const baseline = { ...normal, environment };
    const anomalies = CLASSIC_DETECTORS.flatMap(
      (detector) => detector.detect({ stats, baseline, warm: true, nowMs }) ?? [],
    );
    const scene = () => ({ evidence: [], suspects: [] });
    this.watch.judge({ nowMs, stats, baseline, anomalies, scene });
  }

  /** The same picture every second from `fromMs` to `toMs`, both included. */
  during(fromMs: number, toMs: number, seen: Seen): void {
    for (let nowMs = fromMs; nowMs <= toMs; nowMs += SECOND_MS) this.at(nowMs, seen);
  }

  get alerts(): readonly Alert[] {
    return this.book.all;
  }

  get first(): Alert | undefined {
    return this.alerts[0];
  }
}

describe("an alert opens", () => {
  test("with the first finding, with its numbers, its window and its time", () => {
    const life = new Life();
    life.at(T0, CALM);
    expect(life.alerts).toEqual([]);
    life.at(T0 + SECOND_MS, ERRORS);
    expect(life.alerts).toHaveLength(1);
    expect(life.first).toMatchObject({
      id: "anom_20240115_100001",
      status: "open",
      severity: "medium",
      category: "error_spike",
      environment: "production",
      detectedAtMs: T0 + SECOND_MS,
      window: { startMs: T0 + SECOND_MS - WINDOW_MS, endMs: T0 + SECOND_MS },
      metrics: { errorRate: 0.1, baselineErrorRate: 0.01, totalLogs: 1_000, baselineTotalLogs: 1_000 },
      analysis: { status: "done", by: "statistics" },
      rootCause: "unknown",
      resolvedAtMs: null,
    });
  });

  test("once for everything found at the same moment, named after the gravest", () => {
    const life = new Life();
    life.at(T0, { errorRate: 0.1, total: 20_000, services: 10 });
    expect(life.alerts).toHaveLength(1);
    expect(life.first).toMatchObject({ severity: "high", category: "volume_spike" });
    expect(life.first?.anomalies.map(({ category }) => category)).toEqual([
      "error_spike",
      "volume_spike",
      "service_change",
    ]);
  });

  test("in each environment apart, in one second under two ids", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.at(T0, { ...ERRORS, environment: "staging" });
    expect(life.alerts.map(({ id, environment }) => `${environment} ${id}`)).toEqual([
      "production anom_20240115_100000",
      "staging anom_20240115_100000_2",
    ]);
  });
});

describe("while it runs", () => {
  test("the same finding opens nothing and writes nothing", () => {
    const life = new Life();
    life.during(T0, T0 + 2 * COOLDOWN_MS, ERRORS);
    expect(life.book.types()).toEqual(["opened"]);
  });

  test("another finding joins it", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.at(T0 + SECOND_MS, { ...ERRORS, total: 4_000 });
    expect(life.alerts).toHaveLength(1);
    expect(life.book.types()).toEqual(["opened", "anomaly_added"]);
    expect(life.first?.anomalies.map(({ category }) => category)).toEqual(["error_spike", "volume_spike"]);
  });

  test("a graver state escalates it within seconds; a lighter one lowers nothing", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.during(T0 + SECOND_MS, T0 + 15_000, { errorRate: 0.5 });
    expect(life.book.types()).toEqual(["opened", "escalated", "peaked"]);
    life.during(T0 + 16_000, T0 + 60_000, ERRORS);
    expect(life.first).toMatchObject({ severity: "high", metrics: { errorRate: 0.5 } });
    expect(life.book.types()).toEqual(["opened", "escalated", "peaked"]);
  });

  test("metrics keep their peak, and the finding keeps what was expected first", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.during(T0 + 1_000, T0 + 20_000, { errorRate: 0.15, total: 2_000 });
    life.during(T0 + 21_000, T0 + 40_000, { errorRate: 0.12, total: 500 });
    expect(life.first?.metrics).toMatchObject({ errorRate: 0.15, totalLogs: 2_000 });
    expect(life.first?.anomalies).toMatchObject([{ observed: 0.15, expected: 0.01, detectedAtMs: T0 }]);
  });

  test("a rising peak is written every 10 s at most", () => {
    const life = new Life();
    for (let i = 0; i <= 60; i++) life.at(T0 + i * SECOND_MS, { errorRate: 0.06 * 1.05 ** (i / 2) });
    expect(life.book.types().filter((type) => type === "peaked").length).toBeLessThanOrEqual(6);
    expect(life.book.types().filter((type) => type === "escalated")).toHaveLength(1);
  });

  test("a peak that was too small to be written stands there when it resolves", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.at(T0 + SECOND_MS, { errorRate: 0.105 });
    life.during(T0 + 2_000, T0 + 2_000 + WINDOW_MS, CALM);
    expect(life.first).toMatchObject({ status: "resolved", metrics: { errorRate: 0.105 } });
  });

  test("acknowledging it changes nothing of this", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.book.byHand("anom_20240115_100000", { type: "acknowledged" }, ALICE, T0 + 500);
    life.at(T0 + SECOND_MS, { ...ERRORS, total: 4_000 });
    life.during(T0 + 2_000, T0 + 2_000 + WINDOW_MS, CALM);
    expect(life.alerts).toHaveLength(1);
    expect(life.first).toMatchObject({ status: "resolved", acknowledgedBy: "alice" });
    expect(life.first?.anomalies).toHaveLength(2);
  });
});

describe("an alert resolves", () => {
  test("when its condition has been gone for exactly one window", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.during(T0 + SECOND_MS, T0 + WINDOW_MS, CALM);
    expect(life.first?.status).toBe("open");
    life.at(T0 + SECOND_MS + WINDOW_MS, CALM);
    expect(life.first).toMatchObject({
      status: "resolved",
      resolvedAtMs: T0 + SECOND_MS + WINDOW_MS,
      resolvedBy: "Tocsin",
      resolution: "back to normal",
    });
  });

  test("not before, if the condition was back for a moment", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.during(T0 + SECOND_MS, T0 + WINDOW_MS - SECOND_MS, CALM);
    life.at(T0 + WINDOW_MS, ERRORS);
    life.during(T0 + WINDOW_MS + SECOND_MS, T0 + 2 * WINDOW_MS, CALM);
    expect(life.first?.status).toBe("open");
    life.at(T0 + 2 * WINDOW_MS + SECOND_MS, CALM);
    expect(life.first?.status).toBe("resolved");
  });

  test("only when every condition that joined it is gone", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.at(T0 + SECOND_MS, { ...ERRORS, total: 4_000 });
    life.during(T0 + 2_000, T0 + 2 * WINDOW_MS, { total: 4_000 });
    expect(life.first?.status).toBe("open");
  });

  test("by the baseline at its opening, not by one that has moved since", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    const moved = baselineOf({ errorRate: 0.09, totalLogs: 1_000, services: 5 });
    for (let i = 1; i <= 600; i++) life.at(T0 + i * SECOND_MS, ERRORS, moved);
    expect(life.first?.status).toBe("open");
  });

  test("never by a pause: what was clear before it does not count", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.during(T0 + SECOND_MS, T0 + 200_000, CALM);
    for (let nowMs = T0 + 201_000; nowMs < T0 + 900_000; nowMs += SECOND_MS)
      life.watch.untested("production");
    expect(life.first?.status).toBe("open");
    life.during(T0 + 900_000, T0 + 900_000 + WINDOW_MS - SECOND_MS, CALM);
    expect(life.first?.status).toBe("open");
    life.at(T0 + 900_000 + WINDOW_MS, CALM);
    expect(life.first?.status).toBe("resolved");
  });

  test("one window after its change was taken as normal, and says so", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.watch.adopted("production", ["errorRate", "totalLogs"], T0 + SECOND_MS);
    expect(life.first?.adopted).toEqual(["error_spike"]);
    const adopted = baselineOf({ errorRate: 0.1, totalLogs: 1_000, services: 5 });
    for (let i = 2; i <= 302; i++) life.at(T0 + i * SECOND_MS, ERRORS, adopted);
    expect(life.first).toMatchObject({
      status: "resolved",
      resolvedAtMs: T0 + 2_000 + WINDOW_MS,
      resolution: "the change is now taken as normal",
    });
  });

  test("an adoption that concerns no finding of it is not its matter", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.watch.adopted("production", ["services"], T0);
    life.watch.adopted("staging", ["errorRate"], T0);
    expect(life.book.types()).toEqual(["opened"]);
  });
});

describe("after it has resolved", () => {
  function resolvedOnce(): { readonly life: Life; readonly clearAtMs: number } {
    const life = new Life();
    life.at(T0, ERRORS);
    const clearAtMs = T0 + SECOND_MS + WINDOW_MS;
    life.during(T0 + SECOND_MS, clearAtMs, CALM);
    return { life, clearAtMs };
  }

  test("the same within the cooldown opens it again instead of a second one", () => {
    const { life } = resolvedOnce();
    life.at(T0 + COOLDOWN_MS - 1, ERRORS);
    expect(life.alerts).toHaveLength(1);
    expect(life.first).toMatchObject({ status: "open", resolvedAtMs: null });
    expect(life.book.types()).toEqual(["opened", "resolved", "reopened"]);
  });

  test("the same after exactly the cooldown opens a new one", () => {
    const { life } = resolvedOnce();
    life.at(T0 + COOLDOWN_MS, ERRORS);
    expect(life.alerts.map(({ status }) => status)).toEqual(["resolved", "open"]);
  });

  test("another category opens its own at once", () => {
    const { life, clearAtMs } = resolvedOnce();
    life.at(clearAtMs + SECOND_MS, { total: 4_000 });
    expect(life.alerts.map(({ category }) => category)).toEqual(["error_spike", "volume_spike"]);
  });

  test("an old and a new finding together are one alert, the old one reopened", () => {
    const { life, clearAtMs } = resolvedOnce();
    life.at(clearAtMs + SECOND_MS, { ...ERRORS, total: 4_000 });
    expect(life.alerts).toHaveLength(1);
    expect(life.book.types()).toEqual(["opened", "resolved", "reopened", "anomaly_added"]);
  });

  test("two that both cool down and come back together are one running alert", () => {
    const { life, clearAtMs } = resolvedOnce();
    life.at(clearAtMs + SECOND_MS, { total: 4_000 });
    life.during(clearAtMs + 2_000, clearAtMs + 2_000 + WINDOW_MS, CALM);
    expect(life.alerts.map(({ status }) => status)).toEqual(["resolved", "resolved"]);
    const bothBack = { ...ERRORS, total: 4_000 };
    life.during(clearAtMs + 3_000 + WINDOW_MS, clearAtMs + 5_000 + WINDOW_MS, bothBack);
    const running = life.alerts.filter(({ status }) => status === "open");
    expect(running).toHaveLength(1);
    expect(running[0]?.anomalies.map(({ category }) => category).toSorted()).toEqual([
      "error_spike",
      "volume_spike",
    ]);
  });

  test("a reopened alert resolves as any other", () => {
    const { life, clearAtMs } = resolvedOnce();
    life.at(clearAtMs + SECOND_MS, ERRORS);
    life.during(clearAtMs + 2_000, clearAtMs + 2_000 + WINDOW_MS, CALM);
    expect(life.first).toMatchObject({ status: "resolved", resolvedAtMs: clearAtMs + 2_000 + WINDOW_MS });
  });

  test("by hand while it still fires it is not opened again at once", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.book.byHand("anom_20240115_100000", { type: "resolved", resolution: "by hand" }, ALICE, T0 + 500);
    life.during(T0 + SECOND_MS, T0 + COOLDOWN_MS - SECOND_MS, ERRORS);
    expect(life.book.types()).toEqual(["opened", "resolved"]);
  });

  test("by hand it is opened again when its condition was gone and came back", () => {
    const life = new Life();
    life.at(T0, ERRORS);
    life.book.byHand("anom_20240115_100000", { type: "resolved", resolution: "by hand" }, ALICE, T0 + 500);
    life.at(T0 + SECOND_MS, ERRORS);
    life.at(T0 + 2_000, CALM);
    life.at(T0 + 3_000, ERRORS);
    expect(life.book.types()).toEqual(["opened", "resolved", "reopened"]);
  });
});

describe("whatever is seen", () => {
  const seen: fc.Arbitrary<Seen> = fc.record({
    errorRate: fc.constantFrom(0, 0.04, 0.06, 0.1, 0.5),
    total: fc.constantFrom(100, 1_000, 4_000, 20_000),
    services: fc.constantFrom(1, 5, 9),
    environment: fc.constantFrom("production", "staging"),
  });
  const step = fc.record({
    afterMs: fc.constantFrom(1_000, 10_000, 60_000, WINDOW_MS, COOLDOWN_MS),
    seen,
    act: fc.constantFrom("nothing", "resolve", "acknowledge", "pause", "adopt"),
  });

  // The book throws when two alerts run in one environment, a claim is taken twice, or a version is no event count.
  test("one alert runs per environment, and no category opens two within the cooldown", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const life = new Life();
        let nowMs = T0;
        for (const { afterMs, seen: picture, act } of steps) {
          nowMs += afterMs;
          life.at(nowMs, picture);
          const running = life.book.running("production");
          if (act === "pause") life.watch.untested("production");
          if (act === "adopt") life.watch.adopted("production", ["errorRate"], nowMs);
          if (running === undefined) continue;
          if (act === "resolve") {
            life.book.byHand(running.id, { type: "resolved", resolution: "by hand" }, ALICE, nowMs);
          }
          if (act === "acknowledge" && running.status === "open") {
            life.book.byHand(running.id, { type: "acknowledged" }, ALICE, nowMs);
          }
        }
        expect(tooEarly(life)).toEqual([]);
        for (const alert of life.alerts) {
          const gravest = Math.max(...alert.anomalies.map(({ severity }) => severityRank(severity)));
          expect(severityRank(alert.severity)).toBeGreaterThanOrEqual(gravest);
          expect(alert.anomalies.map(({ category }) => category)).toContain(alert.category);
        }
      }),
      { numRuns: 300 },
    );
  });

  /** Openings of a category within the cooldown of its last one. */
  function tooEarly(life: Life): string[] {
    const lastMs = new Map<string, number>();
    const found: string[] = [];
    for (const { event } of life.book.trail) {
      if (event.type !== "opened") continue;
      for (const { category, environment } of event.alert.anomalies) {
        const key = `${environment} ${category}`;
        if (event.atMs - (lastMs.get(key) ?? -Infinity) < COOLDOWN_MS) found.push(`${event.alert.id} ${key}`);
        lastMs.set(key, event.atMs);
      }
    }
    return found;
  }
});
