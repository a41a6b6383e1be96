import { describe, expect, test } from "vitest";
import { Deployments } from "../../src/alert/deployments.ts";
import { SeriesModel } from "../../src/baseline/series-model.ts";
import { gridOf } from "../../src/window/grid.ts";
import { EngineRun, MINUTE_MS, type Traffic } from "../support/engine-run.ts";
import { series, T0 } from "../support/log-records.ts";

const HOUR_MS = 60 * MINUTE_MS;

function deployed(): { readonly all: Deployments; readonly model: SeriesModel } {
  const model = new SeriesModel("cart", series("cart"), gridOf(300_000, 10_000), T0 - HOUR_MS);
  model.pattern("known", T0 - HOUR_MS);
  const all = new Deployments();
  all.saw(model, "2.0.0", T0);
  model.pattern("new line", T0 + MINUTE_MS);
  const failed = model.pattern("new error", T0 + 2 * MINUTE_MS);
  if (failed !== null) failed.grade = 2;
  return { all, model };
}

describe("a new version of a service", () => {
  test("is one note, half an hour later, with what was new since", () => {
    const { all, model } = deployed();
    expect(all.ended(T0 + 29 * MINUTE_MS)).toEqual([]);
    model.pattern("much later", T0 + 31 * MINUTE_MS);
    expect(all.ended(T0 + 35 * MINUTE_MS)).toMatchObject([
      {
        service: "cart",
        category: "deployment",
        observed: 2,
        severity: null,
        reason: "for information: deployment of version 2.0.0 introduced 2 new templates, 1 at error",
      },
    ]);
    expect(all.ended(T0 + 36 * MINUTE_MS)).toEqual([]);
  });

  test("is evidence of alerts of its service that follow, for six hours", () => {
    const { all } = deployed();
    expect(all.evidence(new Set(["cart"]))).toMatchObject([
      { kind: "deployment", service: "cart", count: 2, firstSeenAtMs: T0 },
    ]);
    expect(all.evidence(new Set(["shop"]))).toEqual([]);
    all.ended(T0 + 7 * HOUR_MS);
    expect(all.evidence(new Set(["cart"]))).toEqual([]);
  });

  test("that brought nothing new is a note, and no evidence", () => {
    const all = new Deployments();
    all.saw(new SeriesModel("cart", series("cart"), gridOf(300_000, 10_000), T0), "2.0.0", T0);
    expect(all.evidence(new Set(["cart"]))).toEqual([]);
    expect(all.ended(T0 + HOUR_MS)[0]?.reason).toContain("introduced 0 new templates");
  });

  test("wakes nobody on the engine, and stands in the ledger once however many pods follow", () => {
    const at = (version: string, other?: string): Traffic => {
      const versions = [version, ...(other === undefined ? [] : [other])].map((name) => [name, 20] as const);
      return () => ({ shop: { info: 40 }, cart: { info: 30, more: { versions } } });
    };
    const run = new EngineRun().for(2 * HOUR_MS, at("1.0.0"));
    run.for(20 * MINUTE_MS, at("1.0.0", "2.0.0")).for(HOUR_MS, at("2.0.0"));
    const notes = run.silenced.filter(({ category }) => category === "deployment");
    expect(notes.map(({ service }) => service)).toEqual(["cart"]);
    expect(run.book.all).toEqual([]);
  });
});
