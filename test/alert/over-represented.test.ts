import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { overRepresented } from "../../src/alert/over-represented.ts";
import type { ValueRecord } from "../../src/window/value-sample.ts";

function record(values: Readonly<Record<string, string | number>>): ValueRecord {
  return {
    timeMs: 0,
    isError: true,
    values: Object.entries(values).map(([name, value]) => `${name}=${value}`),
  };
}

function records(
  count: number,
  values: (i: number) => Readonly<Record<string, string | number>>,
): readonly ValueRecord[] {
  return Array.from({ length: count }, (_, i) => record(values(i)));
}

/** Traffic over pods, each on a host of its own, all of one region. */
const usual = records(200, (i) => ({
  "k8s.pod.name": `pod-${i % 8}`,
  "host.name": `node-${i % 8}`,
  region: "eu",
  "order.id": i,
}));

describe("what is over-represented", () => {
  test("is the one pod that fails, told once with the host that it alone is on", () => {
    const failing = records(60, (i) => {
      const pod = i % 10 === 0 ? i % 8 : 3;
      return {
        "k8s.pod.name": `pod-${pod}`,
        "host.name": `node-${pod}`,
        region: "eu",
        "order.id": 1_000 + i,
      };
    });
    const [first, ...rest] = overRepresented(failing, usual);
    expect(first).toMatchObject({ value: "host.name=node-3", also: ["k8s.pod.name=pod-3"] });
    expect(first?.share).toBeGreaterThan(0.85);
    expect(first?.usualShare).toBeCloseTo(1 / 8, 1);
    expect(rest).toEqual([]);
  });

  test("is a version that was not there before", () => {
    const before = records(100, () => ({ "service.version": "1.0.0" }));
    const failing = records(20, () => ({ "service.version": "1.1.0" }));
    expect(overRepresented(failing, before)).toMatchObject([
      { value: "service.version=1.1.0", share: 1, usualShare: 0 },
    ]);
  });

  test.for([
    [
      "all records carry it as before",
      records(50, (i) => ({ region: "eu", "k8s.pod.name": `pod-${i % 8}` })),
      usual,
    ],
    ["too few show it", records(4, () => ({ region: "us" })), usual],
    ["too little is known to compare it with", records(50, () => ({ region: "us" })), usual.slice(0, 10)],
    ["only what is looked at carries it at all", records(50, () => ({ "error.code": "E17" })), usual],
    ["nearly every record has one of its own", records(50, (i) => ({ "order.id": `r${i}` })), usual],
  ] as const)("is nothing where %s", ([, looked, compared]) => {
    expect(overRepresented(looked, compared)).toEqual([]);
  });

  test("names the culprit first among many pods, however the failing share and the traffic fall", () => {
    const cases = fc.record({
      pods: fc.integer({ min: 3, max: 40 }),
      errors: fc.integer({ min: 40, max: 250 }),
      share: fc.double({ min: 0.7, max: 1, noNaN: true }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ pods, errors, share, seed }) => {
        let state = seed >>> 0;
        const draw = (): number => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return state / 2 ** 32;
        };
        const at = (pod: number): Readonly<Record<string, string | number>> => ({
          "k8s.pod.name": `pod-${pod}`,
          zone: pod % 3,
          route: Math.floor(draw() * 12),
        });
        const anyPod = (): number => Math.floor(draw() * pods);
        const failing = records(errors, () => at(draw() < share ? 1 : anyPod()));
        const before = records(400, () => at(anyPod()));
        const found = overRepresented(failing, before).slice(0, 3);
        const named = found.flatMap(({ value, also }) => [value, ...also]);
        // Of three pods two are half as often as before at most.
        expect(pods === 3 || named.includes("k8s.pod.name=pod-1")).toBe(true);
      }),
    );
  });

  test("is hardly ever anything where nothing has changed", () => {
    let found = 0;
    let state = 7;
    const draw = (n: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let trial = 0; trial < 200; trial++) {
      const make = (count: number): readonly ValueRecord[] =>
        records(count, () => ({ pod: draw(20), route: draw(12), host: draw(6) }));
      if (overRepresented(make(150), make(400)).length > 0) found += 1;
    }
    expect(found).toBeLessThanOrEqual(10);
  });
});
