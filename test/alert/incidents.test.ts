import { describe, expect, test } from "vitest";
import type { Tracked } from "../../src/alert/confirm.ts";
import { Incidents } from "../../src/alert/incidents.ts";
import type { SilencedFinding } from "../../src/alert/ledger.ts";
import { emptyBaseline } from "../../src/baseline/classic.ts";
import type { Finding } from "../../src/anomaly/finding.ts";
import { analyseNothing, MemoryBook } from "../support/alerts.ts";
import { keyOf, tracked } from "../support/findings.ts";
import { T0 } from "../support/log-records.ts";
import { WINDOW_MS, windowStats } from "../support/window-stats.ts";

const MINUTE_MS = 60_000;

/** Incidents on a book of their own; services of `links` are tied to each other. */
class Office {
  readonly book = new MemoryBook();
  readonly silenced: SilencedFinding[] = [];
  readonly incidents: Incidents;

  constructor(links: readonly string[] = []) {
    const keys = new Set(links.map(keyOf));
    this.book.onePerEnvironment = false;
    this.incidents = new Incidents(
      {
        windowMs: WINDOW_MS,
        stepMs: MINUTE_MS,
        cooldownMs: 15 * MINUTE_MS,
        scope: "service",
        analyse: analyseNothing,
        linked: (a, b) => keys.has(a) && keys.has(b),
        isShadow: ({ detector }) => detector === "trace_gap",
      },
      this.book,
      { record: (finding) => void this.silenced.push(finding) },
    );
  }

  confirm(atMs: number, ...confirmed: readonly Tracked[]): this {
    const moved = { confirmed, seen: [], closed: [], dropped: [] };
    this.incidents.judge("production", moved, atMs, () => ({
      stats: windowStats({}, atMs),
      baseline: emptyBaseline("production", WINDOW_MS),
      evidence: () => [],
      suspects: () => [],
    }));
    return this;
  }

  /** A finding that begins now. */
  begins(afterMs: number, service: string, change: Partial<Finding> = {}): this {
    return this.confirm(T0 + afterMs, tracked({ onsetMs: T0 + afterMs, ...change }, service));
  }

  get affected(): readonly (readonly string[])[] {
    return this.book.all.map(({ affectedServices }) => affectedServices);
  }
}

describe("findings become one alert", () => {
  test("when they are about one service and follow each other", () => {
    const office = new Office()
      .begins(0, "shop")
      .begins(MINUTE_MS, "shop", { key: "other", category: "silence" });
    expect(office.affected).toEqual([["shop"]]);
  });

  test("when something ties their services and they begin within minutes", () => {
    const office = new Office(["shop", "cart"]).begins(0, "shop").begins(2 * MINUTE_MS, "cart");
    expect(office.affected).toEqual([["shop", "cart"]]);
  });
});

describe("findings are alerts of their own", () => {
  test("when nothing but time ties them", () => {
    expect(new Office().begins(0, "shop").begins(0, "cart").affected).toEqual([["shop"], ["cart"]]);
  });

  test("when they begin long after what they are linked to", () => {
    const office = new Office(["shop", "cart"]).begins(0, "shop").begins(5 * MINUTE_MS, "cart");
    expect(office.affected).toEqual([["shop"], ["cart"]]);
  });

  test("when what was over begins anew under another category than the one that cools", () => {
    const office = new Office().begins(0, "shop", { key: "errors" });
    office.begins(2 * MINUTE_MS, "shop", { key: "errors", category: "silence" });
    expect(office.affected).toEqual([["shop"], ["shop"]]);
  });

  test("when only one of them is watched in silence", () => {
    const office = new Office().begins(0, "shop").begins(0, "shop", { key: "slow", detector: "trace_gap" });
    expect(office.book.all.map(({ shadow }) => shadow)).toEqual([false, true]);
  });
});

test("what begins anew within the cooldown comes back as the alert that it was, and the ledger says so", () => {
  const office = new Office().begins(0, "shop").begins(5 * MINUTE_MS, "shop");
  expect(office.affected).toEqual([["shop"]]);
  expect(office.silenced.map(({ gate }) => gate)).toEqual(["cooldown"]);
});

test("of what is confirmed together the strongest gives the alert its name", () => {
  const weak = tracked({ key: "weak", score: 1, category: "level_mix" });
  const strong = tracked({ key: "strong", score: 4, category: "silence" });
  const office = new Office().confirm(T0, weak, strong);
  expect(office.book.all).toMatchObject([{ category: "silence", anomalies: [{}, {}] }]);
});
