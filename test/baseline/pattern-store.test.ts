import fc from "fast-check";
import { expect, test } from "vitest";
import { PatternState, patternStore } from "../../src/baseline/pattern-model.ts";

const operation = fc.record({
  pattern: fc.nat(30),
  step: fc.integer({ min: 100, max: 140 }),
  count: fc.integer({ min: 0, max: 9 }),
  what: fc.constantFrom("add", "learn", "alone", "detach", "restore"),
});

test("templates that share a store are as those with one each, while it grows and slots change hands", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
      const store = patternStore();
      const together = new Map<number, PatternState>();
      const apart = new Map<number, PatternState>();
      const detached: (readonly [PatternState, PatternState])[] = [];
      for (const { pattern, step, count, what } of operations) {
        const one = together.get(pattern) ?? new PatternState(`p${pattern}`, step, store);
        const other = apart.get(pattern) ?? new PatternState(`p${pattern}`, step);
        together.set(pattern, one);
        apart.set(pattern, other);
        for (const state of [one, other]) {
          if (what === "add") state.add(step, count);
          else if (what === "learn") state.learn(count, 50, 0.9, 1);
          else state.alone += count;
        }
        if (what === "detach") {
          one.detach();
          detached.push([one, other]);
          together.delete(pattern);
          apart.delete(pattern);
        } else if (what === "restore") {
          one.detach();
          together.set(pattern, PatternState.restore(one.toJson(), store));
        }
      }
      const json = (states: Iterable<PatternState>): unknown => Array.from(states, (state) => state.toJson());
      expect(json(together.values())).toEqual(json(apart.values()));
      expect(json(detached.map(([one]) => one))).toEqual(json(detached.map(([, other]) => other)));
    }),
  );
});
