import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EngineRow } from "../../src/alert/engine-state.ts";
import { PANE_MS } from "../bench/detection/workload/generator.ts";
import { Deliveries } from "../bench/detection/workload/deliveries.ts";
import { workloadOf } from "../bench/detection/workload/workload.ts";
import { EngineRun, MINUTE_MS, type Traffic } from "../support/engine-run.ts";

/** Not the same in every pane, and the same in every run. */
function about(mean: number, second: number): number {
  return mean + (((second / 10) * 7) % 5) - 2;
}

const calm: Traffic = (second) => ({
  shop: { info: about(40, second) },
  cart: { info: about(30, second + 10) },
  mail: { info: about(20, second + 20) },
});

const PHASES: Readonly<Record<string, Traffic>> = {
  calm,
  failing: (second) => ({ ...calm(second), cart: { info: 30, errors: { "no connection in pool": 12 } } }),
  linked: (second) => ({
    ...calm(second),
    shop: { info: 40, errors: { "cart does not answer": 9 }, traces: [`t${second}`] },
    cart: { info: 30, errors: { "no connection in pool": 12 }, traces: [`t${second}`] },
  }),
  "one error": (second) => ({
    ...calm(second),
    mail: { info: 20, ...(second % 120 === 0 ? { errors: { "mailbox is full": 1 } } : {}) },
  }),
  busy: (second) => ({ ...calm(second), shop: { info: about(400, second) } }),
  deployed: (second) => ({
    ...calm(second),
    mail: { info: 20, more: { versions: [[`2.${Math.floor(second / 120) % 3}`, 20]] } },
  }),
  silent: (second) => ({ shop: calm(second)["shop"] ?? {}, mail: calm(second)["mail"] ?? {} }),
  nothing: () => ({}),
};

const phases = fc.array(
  fc.record({ name: fc.constantFrom(...Object.keys(PHASES)), minutes: fc.integer({ min: 1, max: 9 }) }),
  { minLength: 2, maxLength: 5 },
);

type Phases = readonly { readonly name: string; readonly minutes: number }[];

function trained(): EngineRun {
  return new EngineRun().for(100 * MINUTE_MS, calm);
}

/** The phases and what follows, pane by pane. */
function* panesOf(story: Phases, afterwards = 25): Generator<Traffic> {
  for (const { name, minutes } of [...story, { name: "calm", minutes: afterwards }]) {
    for (let pane = 0; pane < minutes * 6; pane++) yield PHASES[name] ?? calm;
  }
}

/** All that people, and those who ask why, get to see, and all that the engine knows; not which process counted. */
function said({ book, silenced, engine }: EngineRun): unknown {
  const all = { alerts: book.all, trail: book.trail, silenced, states: engine.snapshot() };
  return JSON.parse(JSON.stringify(all, (key, value: unknown) => (key === "folded" ? [] : value)));
}

describe("an engine that is killed and takes up what was saved with that tick", () => {
  test("at any panes, in the middle of whatever goes on, says the same as one that was not", () => {
    const panes = fc.array(fc.nat(200), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(phases, panes, fc.constantFrom(2, 25), (story, kills, afterwards) => {
        const whole = trained();
        for (const traffic of panesOf(story, afterwards)) whole.for(PANE_MS, traffic);
        let killed = trained();
        let pane = 0;
        for (const traffic of panesOf(story, afterwards)) {
          killed.for(PANE_MS, traffic);
          if (kills.includes(pane++)) killed = killed.restarted();
        }
        expect(said(killed)).toEqual(said(whole));
      }),
      { numRuns: 15 },
    );
  });

  test("on a generated workload with faults says the same, killed every quarter of an hour", () => {
    const spec = {
      generator: "A",
      seed: 6,
      services: 8,
      newServices: 1,
      trainDays: 0,
      testDays: 0.3,
    } as const;
    const run = (isKilled: boolean): EngineRun => {
      const workload = workloadOf({ ...spec, maxPerMinute: 600, hasPremises: false });
      const deliveries = new Deliveries("workload", workload.startMs);
      let engine = new EngineRun({}, workload.startMs);
      let panes = 0;
      for (const pane of workload.panes()) {
        engine.pane(deliveries.of(pane).map(({ delta }) => delta));
        if (isKilled && ++panes % 89 === 0) engine = engine.restarted();
      }
      return engine;
    };
    const whole = run(false);
    expect(whole.book.all.length).toBeGreaterThan(0);
    expect(said(run(true))).toEqual(said(whole));
  });
});

/** What a store holds that is given the rows of every tick, up to two hundred at a time. */
class Saved {
  readonly #rows = new Map<string, EngineRow>();

  save(rows: readonly EngineRow[]): void {
    for (const row of rows) this.#rows.set(row.key, row);
  }

  get rows(): readonly EngineRow[] {
    return [...this.#rows.values()];
  }
}

test("an engine that is killed before its last panes were saved tells of the same faults, each once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.constantFrom("failing", "linked", "busy"), (at, name) => {
      const story = [{ name, minutes: 8 }];
      const whole = trained();
      for (const traffic of panesOf(story)) whole.for(PANE_MS, traffic);
      let killed = new EngineRun();
      const saved = new Saved();
      const step = (traffic: Traffic): void => {
        killed.for(PANE_MS, traffic);
        saved.save(killed.engine.takeRows());
      };
      for (let pane = 0; pane < 600; pane++) step(calm);
      let pane = 0;
      for (const traffic of panesOf(story)) {
        if (pane++ === at) {
          const { rows } = saved;
          killed.for(PANE_MS, traffic);
          killed = killed.killed(rows, killed.deltas.slice(0, -1));
        } else step(traffic);
      }
      const told = ({ book }: EngineRun): unknown =>
        book.all.map(({ category, affectedServices, status }) => ({ category, affectedServices, status }));
      expect(told(killed)).toEqual(told(whole));
    }),
    { numRuns: 15 },
  );
});
