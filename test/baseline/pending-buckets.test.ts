import fc from "fast-check";
import { expect, test } from "vitest";
import { PendingBuckets, type PendingBucket } from "../../src/baseline/pending-buckets.ts";

const list = fc.array(fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constant(NaN)), {
  minLength: 4,
  maxLength: 4,
});
const bucket: fc.Arbitrary<PendingBucket> = fc.record({
  sample: fc.record({
    startMs: fc.nat(),
    excused: fc.double({ noNaN: true, min: 0, max: 1e9 }),
    counts: list,
    slow: list,
    nearSlow: list,
    nearFast: list,
  }),
  errors: list,
  warnings: list,
  disturbed: fc.boolean(),
});
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant("push" as const), bucket }) },
  fc.record({ what: fc.constantFrom("shift" as const, "disturb" as const, "restore" as const) }),
);

test("a row of numbers is as a list of the buckets themselves, also after JSON", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
      let packed = new PendingBuckets();
      const plain: PendingBucket[] = [];
      const shifted: unknown[][] = [];
      for (const one of operations) {
        if (one.what === "push") {
          packed.push(one.bucket);
          plain.push(one.bucket);
        } else if (one.what === "shift") {
          shifted.push([packed.shift(), plain.shift()]);
        } else if (one.what === "disturb") {
          packed.disturb(2);
          plain.splice(-2, 2, ...plain.slice(-2).map((waiting) => ({ ...waiting, disturbed: true })));
        } else {
          const json: ReturnType<PendingBuckets["toJson"]> = JSON.parse(JSON.stringify(packed.toJson()));
          packed = new PendingBuckets();
          packed.restore(json);
        }
        expect(packed.length).toBe(plain.length);
        for (let i = 1; i <= plain.length; i++) expect(packed.at(-i)).toEqual(plain.at(-i));
      }
      expect(shifted.map(([one]) => one)).toEqual(shifted.map(([, other]) => other));
      packed.clear();
      expect(packed.at(0)).toBeUndefined();
    }),
  );
});
