import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seriesKey } from "../../src/log/series.ts";
import { LEVELS } from "../../src/log/severity.ts";
import type { SeriesCounts, WindowDelta } from "../../src/window/delta.ts";
import { Windows } from "../../src/window/windows.ts";
import { series, T0 } from "../support/log-records.ts";

const BUCKET_MS = 10_000;

function counts(service: string, info: number, errors = 0, environment = "production"): SeriesCounts {
  return {
    series: series(service, environment),
    levels: LEVELS.map((level) => (level === "info" ? info : level === "error" ? errors : 0)),
    templates: errors === 0 ? [] : [["boom", errors]],
    samples: [],
  };
}

function delta(change: Partial<WindowDelta> = {}): WindowDelta {
  return {
    replica: "one",
    epoch: T0,
    paneStartMs: T0,
    version: 1,
    input: true,
    late: 0,
    series: [counts("shop", 10)],
    ...change,
  };
}

function windowsOf(...deltas: WindowDelta[]): Windows {
  const windows = new Windows(BUCKET_MS);
  for (const one of deltas) windows.apply(one);
  return windows;
}

const anyDelta: fc.Arbitrary<WindowDelta> = fc
  .record({
    replica: fc.constantFrom("one", "two"),
    epoch: fc.constantFrom(T0, T0 + 1),
    pane: fc.nat(3),
    version: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ replica, epoch, pane, version }) =>
    delta({
      replica,
      epoch,
      version,
      paneStartMs: T0 + pane * BUCKET_MS,
      // Cumulative: the counts follow from the version.
      series: [counts("shop", version * 10, version), counts("cart", version, 0, "staging")],
    }),
  );

describe("merging deltas", () => {
  test("in any order and any number of times gives the same counts", () => {
    fc.assert(
      fc.property(
        fc
          .array(anyDelta, { minLength: 1, maxLength: 20 })
          .chain((deltas) =>
            fc.tuple(
              fc.constant(deltas),
              fc.shuffledSubarray([...deltas, ...deltas], { minLength: deltas.length * 2 }),
            ),
          ),
        ([deltas, mixed]) => {
          const [a, b] = [windowsOf(...deltas), windowsOf(...mixed)];
          for (const environment of ["production", "staging"]) {
            const range = [environment, T0, T0 + 40_000] as const;
            expect(b.stats(...range)).toEqual(a.stats(...range));
            expect(b.templates(...range)).toEqual(a.templates(...range));
          }
        },
      ),
    );
  });

  test("gives the same counts however often and for whichever window somebody asked in between", () => {
    const question = fc.record({ from: fc.nat(3), panes: fc.integer({ min: 1, max: 4 }) });
    const step = fc.oneof(anyDelta, question);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const asked = new Windows(BUCKET_MS);
        const applied: WindowDelta[] = [];
        for (const one of steps) {
          if ("replica" in one) {
            asked.apply(one);
            applied.push(one);
            continue;
          }
          const fromMs = T0 + one.from * BUCKET_MS;
          const toMs = fromMs + one.panes * BUCKET_MS;
          for (const environment of ["production", "staging"]) {
            const fresh = windowsOf(...applied).stats(environment, fromMs, toMs);
            expect(asked.stats(environment, fromMs, toMs)).toEqual(fresh);
          }
        }
      }),
    );
  });

  test("the counts add up: the total is that of the levels and of the services", () => {
    fc.assert(
      fc.property(fc.array(anyDelta, { maxLength: 20 }), (deltas) => {
        const stats = windowsOf(...deltas).stats("production", T0, T0 + 40_000);
        const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
        const services = [...stats.services.values()];
        expect(sum(stats.levels)).toBe(stats.total);
        expect(sum(services.map(({ total }) => total))).toBe(stats.total);
        expect(sum(services.map(({ errors }) => errors))).toBe(stats.errors);
        expect(stats.errorRate).toBe(stats.total === 0 ? null : stats.errors / stats.total);
      }),
    );
  });

  test("replicas and epochs of one pane add, later versions replace", () => {
    const windows = windowsOf(
      delta(),
      delta({ replica: "two" }),
      delta({ epoch: T0 + 5_000 }),
      delta({ version: 3, series: [counts("shop", 100)] }),
      delta({ version: 2, series: [counts("shop", 50)] }),
    );
    expect(windows.stats("production", T0, T0 + BUCKET_MS).total).toBe(120);
  });
});

describe("a window's stats", () => {
  test("cover the panes from its start up to, not including, its end", () => {
    const windows = windowsOf(...[0, 1, 2, 3].map((i) => delta({ paneStartMs: T0 + i * BUCKET_MS })));
    expect(windows.stats("production", T0 + BUCKET_MS, T0 + 3 * BUCKET_MS).total).toBe(20);
  });

  test("keep environments apart", () => {
    const windows = windowsOf(delta({ series: [counts("shop", 10, 1), counts("shop", 90, 9, "staging")] }));
    expect(windows.stats("production", T0, T0 + BUCKET_MS)).toMatchObject({ total: 11, errors: 1 });
    expect(windows.stats("staging", T0, T0 + BUCKET_MS)).toMatchObject({ total: 99, errors: 9 });
    expect(windows.stats("qa", T0, T0 + BUCKET_MS)).toMatchObject({ total: 0, errorRate: null });
  });

  test("count error and fatal as errors, warnings not", () => {
    const levels = LEVELS.map((level) => ({ warn: 4, error: 2, fatal: 1, info: 3 })[String(level)] ?? 0);
    const windows = windowsOf(
      delta({ series: [{ series: series("shop"), levels, templates: [], samples: [] }] }),
    );
    expect(windows.stats("production", T0, T0 + BUCKET_MS)).toMatchObject({
      total: 10,
      errors: 3,
      errorRate: 0.3,
      levels,
    });
  });

  test("name the distinct services that logged", () => {
    const windows = windowsOf(
      delta({ series: [counts("shop", 1), counts("cart", 1)] }),
      delta({ paneStartMs: T0 + BUCKET_MS, series: [counts("cart", 1), counts("__proto__", 1)] }),
    );
    const { services } = windows.stats("production", T0, T0 + 2 * BUCKET_MS);
    expect(new Set(services.keys())).toEqual(
      new Set(["shop", "cart", "__proto__"].map((name) => seriesKey(series(name)))),
    );
  });
});

describe("input", () => {
  test("is a pane that anything came for, be it an empty request", () => {
    const windows = windowsOf(delta({ series: [] }));
    expect(windows.hasInput(T0, T0 + BUCKET_MS)).toBe(true);
    expect(windows.hasInput(T0 + BUCKET_MS, T0 + 2 * BUCKET_MS)).toBe(false);
    expect(windows.hasInput(T0 - BUCKET_MS, T0)).toBe(false);
  });
});

describe("old panes", () => {
  test("are forgotten once they ended", () => {
    const windows = windowsOf(delta(), delta({ paneStartMs: T0 + BUCKET_MS }));
    windows.expire(T0 + BUCKET_MS);
    expect(windows.stats("production", T0, T0 + 2 * BUCKET_MS).total).toBe(10);
    windows.expire(T0 + 2 * BUCKET_MS);
    expect(windows.empty).toBe(true);
  });
});
