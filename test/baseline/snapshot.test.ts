import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyBaseline, type ClassicBaseline } from "../../src/baseline/classic.ts";
import { baselineFromJson, baselineToJson } from "../../src/baseline/snapshot.ts";
import { T0 } from "../support/log-records.ts";

const WINDOW_MS = 300_000;

const LEARNT: ClassicBaseline = {
  environment: "production",
  windowMs: WINDOW_MS,
  errorRate: { value: 0.01, hold: { sinceMs: T0, shadow: 0.2 } },
  totalLogs: { value: 1_000.5, hold: null },
  services: { value: null, hold: null },
  levels: [0, 0, 0, 0.99, 0, 0.01, 0],
  perService: new Map([
    ["production\u001f\u001f__proto__", { totalLogs: 10, errorRate: null, levels: [] }],
    ["production\u001f\u001fcart", { totalLogs: 800, errorRate: 0.01, levels: [0, 0, 0, 1, 0, 0, 0] }],
  ]),
  updatedAtMs: T0,
};

function stored(baseline: ClassicBaseline): unknown {
  const json: unknown = JSON.parse(JSON.stringify(baselineToJson(baseline)));
  return json;
}

describe("a baseline's snapshot", () => {
  test.for<[string, ClassicBaseline]>([
    ["with everything", LEARNT],
    ["that knows nothing yet", emptyBaseline("staging", WINDOW_MS)],
  ])("%s comes back from JSON as it was", ([, baseline]) => {
    expect(baselineFromJson(stored(baseline), WINDOW_MS)).toEqual(baseline);
  });

  test("of another window length is refused", () => {
    expect(baselineFromJson(stored(LEARNT), 60_000)).toBeNull();
  });

  test.for<[string, unknown]>([
    ["nothing", null],
    ["a text", "baseline"],
    ["a list", []],
    ["another version", { ...Object(stored(LEARNT)), version: 2 }],
    ["no version", { ...Object(stored(LEARNT)), version: undefined }],
    ["no environment", { ...Object(stored(LEARNT)), environment: 7 }],
    ["no services", { ...Object(stored(LEARNT)), perService: {} }],
    ["no time", { ...Object(stored(LEARNT)), updatedAtMs: "now" }],
  ])("that is %s is refused", ([, value]) => {
    expect(baselineFromJson(value, WINDOW_MS)).toBeNull();
  });

  test("with garbage inside never throws and never yields a value that is no number", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.jsonValue(),
        fc.array(fc.jsonValue()),
        (errorRate, levels, perService) => {
          const value = { ...Object(stored(LEARNT)), errorRate, levels, perService };
          const baseline = baselineFromJson(value, WINDOW_MS);
          expect(baseline).not.toBeNull();
          for (const one of [baseline?.errorRate.value, ...(baseline?.levels ?? [])]) {
            expect(one === null || Number.isFinite(one)).toBe(true);
          }
        },
      ),
    );
  });
});
