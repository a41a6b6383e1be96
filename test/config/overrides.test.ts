import { expect, test } from "vitest";
import { loadConfig } from "../../src/config.ts";

function loaded(text: string): unknown {
  const outcome = loadConfig({ env: { TOCSIN_BUDGET_OVERRIDES: text }, yamlText: null });
  return outcome.kind === "ok" ? outcome.config.detection.overrides : outcome.problems.join();
}

test("budget overrides are read in their order", () => {
  expect(loaded("checkout=0.5, batch-*:volume_drop=shadow,*:rare_error=.01")).toEqual([
    { service: "checkout", subject: null, value: 0.5 },
    { service: "batch-*", subject: "volume_drop", value: "shadow" },
    { service: "*", subject: "rare_error", value: 0.01 },
  ]);
});

test.for([
  ["checkout", "SERVICE=NUMBER"],
  ["checkout=", "SERVICE=NUMBER"],
  ["checkout=off", "SERVICE=NUMBER"],
  ["checkout=0", "above 0"],
  ["checkout=5000", "at most 1000"],
  ["*:new_patern=1", "did you mean new_pattern?"],
  [Array.from({ length: 201 }, () => "a=1").join(), "at most 200"],
])("the override %s stops the start, and says why", ([text, why]) => {
  expect(loaded(text ?? "")).toContain(why);
});
