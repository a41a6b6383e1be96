import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COOLDOWN_MS, EngineRun, MINUTE_MS, type Traffic } from "../support/engine-run.ts";

const HOUR_MS = 60 * MINUTE_MS;
/** An engine on three services costs about a second for ten hours. */
const RUNS = 12;

/** Not the same in every pane, and the same in every run. */
function about(mean: number, second: number): number {
  return mean + (((second / 10) * 7) % 5) - 2;
}

const calm: Traffic = (second) => ({
  shop: { info: about(40, second) },
  cart: { info: about(30, second + 10) },
  mail: { info: about(20, second + 20) },
});

function failing(errors: number): Traffic {
  return (second) => ({ ...calm(second), cart: { info: 30, errors: { "no connection in pool": errors } } });
}

interface Wave {
  readonly periodMinutes: number;
  readonly errors: number;
  readonly cycles: number;
}

function wave(
  { periodMinutes, errors, cycles }: Wave,
  seen?: (run: EngineRun, cycle: number) => void,
): EngineRun {
  const run = new EngineRun().for(3 * HOUR_MS, calm);
  const half = Math.floor((periodMinutes * 6) / 2) * 10_000;
  for (let cycle = 1; cycle <= cycles; cycle++) {
    run.for(half, failing(errors)).for(half, calm);
    seen?.(run, cycle);
  }
  return run;
}

const COOLDOWN_MINUTES = COOLDOWN_MS / MINUTE_MS;
const ERRORS = fc.integer({ min: 8, max: 40 });

describe("errors that come and go as a square wave", () => {
  test("open at most one alert per cooldown, whatever the period", () => {
    const waves = fc.record({
      periodMinutes: fc.integer({ min: 2, max: 4 * COOLDOWN_MINUTES }),
      errors: ERRORS,
      cycles: fc.constant(4),
    });
    fc.assert(
      fc.property(waves, (given) => {
        const opened = wave(given).book.all.map(({ detectedAtMs }) => detectedAtMs);
        const apart = opened.slice(1).map((atMs, i) => atMs - (opened[i] ?? 0));
        expect(opened.length).toBeGreaterThanOrEqual(1);
        expect(Math.min(...apart, Infinity)).toBeGreaterThanOrEqual(COOLDOWN_MS);
      }),
      { numRuns: RUNS },
    );
  });

  test("open and close once per cycle where the period is longer than two cooldowns", () => {
    const waves = fc.record({
      periodMinutes: fc.integer({ min: 2 * COOLDOWN_MINUTES + 1, max: 5 * COOLDOWN_MINUTES }),
      errors: ERRORS,
      cycles: fc.constant(3),
    });
    fc.assert(
      fc.property(waves, (given) => {
        wave(given, (run, cycle) => {
          expect([run.openings().length, run.endings().length]).toEqual([cycle, cycle]);
        });
      }),
      { numRuns: RUNS },
    );
  });
});
