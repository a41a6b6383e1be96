import { describe, expect, test } from "vitest";
import { collectEvidence, MAX_EVIDENCE, MAX_EXAMPLE_LENGTH } from "../../src/alert/evidence.ts";
import { seriesKey } from "../../src/log/series.ts";
import type { TemplateSample } from "../../src/window/delta.ts";
import { series, T0 } from "../support/log-records.ts";
import { baselineOf, WINDOW_MS, windowStats } from "../support/window-stats.ts";

type Line = readonly [service: string, template: string, count: number, firstSeenAtMs: number | null];

function source(lines: readonly Line[], examples: readonly string[] = ["an example"]) {
  const templates = new Map<string, Map<string, number>>();
  const samples = new Map<string, TemplateSample>();
  for (const [service, template, count, firstSeenAtMs] of lines) {
    const key = seriesKey(series(service));
    templates.set(key, (templates.get(key) ?? new Map<string, number>()).set(template, count));
    if (firstSeenAtMs === null) continue;
    samples.set(`${key} ${template}`, {
      template,
      firstSeenAtMs,
      lastSeenAtMs: T0,
      severity: 17,
      examples: [...examples],
    });
  }
  return {
    stats: windowStats({ cart: { total: 10 } }),
    baseline: {
      ...baselineOf({}),
      perService: new Map([[seriesKey(series("gone")), { totalLogs: 50, errorRate: 0, levels: [] }]]),
    },
    templates,
    sample: (key: string, template: string) => samples.get(`${key} ${template}`),
    newSinceMs: T0 - WINDOW_MS,
  };
}

describe("evidence", () => {
  test("has new errors first, the earliest leading, then known ones, the most frequent leading", () => {
    const found = collectEvidence(
      source([
        ["shop", "always", 500, T0 - 2 * WINDOW_MS],
        ["shop", "often", 900, T0 - 2 * WINDOW_MS],
        ["cart", "second", 100, T0 - 50_000],
        ["payment", "first", 10, T0 - 60_000],
      ]),
      false,
    );
    expect(found.map(({ id, kind, service, template }) => `${id} ${kind} ${service} ${template}`)).toEqual([
      "E1 new_error payment first",
      "E2 new_error cart second",
      "E3 error shop often",
      "E4 error shop always",
    ]);
    expect(found[0]).toMatchObject({ count: 10, firstSeenAtMs: T0 - 60_000, examples: ["an example"] });
  });

  test("names services that went missing or appeared only when that is the matter", () => {
    const kinds = (withServices: boolean): string[] =>
      collectEvidence(source([]), withServices).map(({ kind, service }) => `${kind} ${service}`);
    expect(kinds(false)).toEqual([]);
    expect(kinds(true)).toEqual(["service_missing gone", "service_appeared cart"]);
  });

  test("counts a template whose sample is gone, without an example and not as new", () => {
    expect(collectEvidence(source([["cart", "boom", 5, null]]), false)).toMatchObject([
      { kind: "error", count: 5, examples: [] },
    ]);
  });

  test("is bounded in number and length", () => {
    const lines = Array.from({ length: 100 }, (_, i): Line => ["cart", `t${i}`, i, T0 - 1]);
    const found = collectEvidence(source(lines, ["x".repeat(10_000)]), false);
    expect(found).toHaveLength(MAX_EVIDENCE);
    expect(found[0]?.examples[0]).toHaveLength(MAX_EXAMPLE_LENGTH);
  });
});
