import fc from "fast-check";
import { expect, test } from "vitest";
import type { Evidence } from "../../src/alert/alert.ts";
import { withKnownIds } from "../../src/alert/evidence-ids.ts";
import { sampleEvidence } from "../support/sample-alert.ts";

function items(...templates: readonly string[]): readonly Evidence[] {
  return templates.map((template, i) => sampleEvidence({ id: `E${i + 1}`, template }));
}

const named = (evidence: readonly Evidence[]): string[] =>
  evidence.map(({ id, template }) => `${id} ${template}`);

test("what was known keeps its id wherever it stands now, what is new gets a new one", () => {
  expect(named(withKnownIds(items("a", "b"), items("c", "b", "a"), new Set()))).toStrictEqual([
    "E3 c",
    "E2 b",
    "E1 a",
  ]);
});

test("what an analysis cites stays though the window no longer shows it, and nothing else does", () => {
  const now = withKnownIds(items("a", "b", "c"), items("c"), new Set(["E2"]));
  expect(named(now)).toStrictEqual(["E3 c", "E2 b"]);
});

test("no id ever names two things, and none changes what it names", () => {
  const templates = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"));
  fc.assert(
    fc.property(fc.array(templates, { minLength: 1 }), fc.subarray(["E1", "E2", "E3"]), (rounds, cited) => {
      let known: readonly Evidence[] = [];
      for (const round of rounds) {
        const next = withKnownIds(known, items(...round), new Set(cited));
        expect(new Set(next.map(({ id }) => id)).size).toBe(next.length);
        const renamed = next.filter(({ id, template }) => {
          const before = known.find((item) => item.id === id);
          return before !== undefined && before.template !== template;
        });
        expect(renamed).toStrictEqual([]);
        known = next;
      }
    }),
  );
});
