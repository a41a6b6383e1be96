import type { Alert } from "../../src/alert/alert.ts";
import { blame } from "../../src/alert/blame.ts";
import type { Change } from "../../src/alert/change.ts";
import { rankedChanges } from "../../src/alert/change-evidence.ts";
import {
  CHANGE_WEIGHTS,
  rankChanges,
  type ChangeRanking,
  type ChangeWeights,
} from "../../src/alert/change-rank.ts";
import { onsetOf, onsetsOf, symptomTexts } from "../../src/alert/change-evidence.ts";
import { suspectedChange } from "../../src/analysis/statistics-change.ts";
import { alertsOf, bookOf } from "./engine.ts";
import type { Scenario } from "./scenarios.ts";
import { random } from "./random.ts";
import { share, type EvalTable } from "./table.ts";

export interface Explained {
  readonly scenario: Scenario;
  readonly alert: Alert;
}

/** Every scenario through the product's own way to an alert. */
export async function explained(all: readonly Scenario[]): Promise<readonly Explained[]> {
  const found: Explained[] = [];
  for (const scenario of all) {
    const [alert] = await alertsOf(scenario);
    if (alert === undefined) throw new Error(`no alert was opened for ${scenario.name}`);
    found.push({ scenario, alert });
  }
  return found;
}

/** The true commit's rank, 1 the best, among its decoys and "none of them". */
function rankOfTruth({ ranked, noneScore }: ChangeRanking, { truth }: Scenario): number {
  const judged = new Set([...truth.decoys, truth.commit]);
  const entries = [
    ...ranked
      .filter(({ change }) => change.ref !== null && judged.has(change.ref))
      .map(({ change, score }) => ({ name: change.ref, score })),
    { name: null, score: noneScore },
  ].toSorted((a, b) => b.score - a.score);
  const rank = entries.findIndex(({ name }) => name === truth.commit);
  return rank < 0 ? Infinity : rank + 1;
}

function ranking({ alert, scenario }: Explained, weights: ChangeWeights): ChangeRanking {
  const lookup = {
    changes: bookOf(scenario.changes),
    environment: alert.environment,
    services: servicesOf(scenario),
    nowMs: alert.window.endMs,
  };
  if (weights === CHANGE_WEIGHTS) return rankedChanges(alert.evidence, lookup);
  const changes: readonly Change[] = lookup.changes.between(
    lookup.environment,
    lookup.nowMs - 6 * 3_600_000,
    lookup.nowMs,
  );
  return rankChanges(
    changes,
    {
      onsetMs: onsetOf(alert.evidence, lookup.nowMs),
      onsets: onsetsOf(alert.evidence),
      blamed: blame(alert.evidence).map(({ service }) => service),
      services: lookup.services,
      symptoms: symptomTexts(alert.evidence),
    },
    weights,
  );
}

function servicesOf({ records }: Scenario): readonly string[] {
  return [...new Set(records.map(({ series }) => series.service))];
}

/** What a person does who only counts errors. */
function mostErrors({ records }: Scenario): string | undefined {
  const counts = new Map<string, number>();
  for (const { severity, series } of records) {
    if (severity >= 17) counts.set(series.service, (counts.get(series.service) ?? 0) + 1);
  }
  return [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}

const DRAWS = 200;

/** Weights drawn from half to double of each: what the figures are worth when the judgement behind them is off. */
function drawnWeights(): readonly ChangeWeights[] {
  const next = random(7);
  return Array.from(
    { length: DRAWS },
    () =>
      Object.fromEntries(
        Object.entries(CHANGE_WEIGHTS).map(([name, weight]) => [name, weight * 2 ** (2 * next() - 1)]),
      ) as ChangeWeights,
  );
}

interface Ranks {
  readonly weights: ChangeWeights;
  readonly ranks: readonly number[];
}

/** For each scenario the weights that do best on all others, judged on it alone. */
function leftOut(tried: readonly Ranks[], scenarios: number): readonly number[] {
  const hits = ({ ranks }: Ranks, without: number): number =>
    ranks.filter((rank, i) => i !== without && rank === 1).length;
  return Array.from({ length: scenarios }, (_, i) => {
    const best = Math.max(...tried.map((one) => hits(one, i)));
    const equals = tried.filter((one) => hits(one, i) === best);
    return equals.reduce((sum, { ranks }) => sum + Number(ranks[i] === 1), 0) / equals.length;
  });
}

/** The statistical analyst against known causes. */
export function causeTable(all: readonly Explained[]): EvalTable {
  const n = all.length;
  const of = `${n} scenarios`;
  const rows = all.map((one) => {
    const services = blame(one.alert.evidence).map(({ service }) => service);
    const rank = rankOfTruth(ranking(one, CHANGE_WEIGHTS), one.scenario);
    return {
      scenario: one.scenario.name,
      commitRank: rank,
      named: suspectedChange(one.alert)?.change?.ref ?? null,
      truth: one.scenario.truth.commit,
      service: services[0] ?? null,
      serviceRank: services.indexOf(one.scenario.truth.service) + 1,
      mostErrors: mostErrors(one.scenario) ?? null,
      trueService: one.scenario.truth.service,
    };
  });
  const tried = drawnWeights().map((weights): Ranks => ({
    weights,
    ranks: all.map((one) => rankOfTruth(ranking(one, weights), one.scenario)),
  }));
  const top1 = tried
    .map(({ ranks }) => share(ranks.filter((rank) => rank === 1).length, n))
    .toSorted((a, b) => a - b);
  const held = leftOut(tried, n);
  const count = (test: (row: (typeof rows)[number]) => boolean): number => share(rows.filter(test).length, n);
  const errorsRight = count((row) => row.mostErrors === row.trueService);
  const least = (value: number) => ({ at: "least", value }) as const;
  return {
    title: "Cause by counting alone (statistical analyst, scenarios with a known cause)",
    figures: [
      {
        what: "true commit or rightly none, first",
        value: count(({ commitRank }) => commitRank === 1),
        unit: "share",
        of,
        bar: least(0.6),
      },
      {
        what: "… among the first three",
        value: count(({ commitRank }) => commitRank <= 3),
        unit: "share",
        of,
        bar: least(0.85),
      },
      {
        what: "… first, weights chosen without the scenario",
        value: share(
          held.reduce((a, b) => a + b, 0),
          n,
        ),
        unit: "share",
        of: `${of}, ${DRAWS} draws of ½ to 2 × each weight`,
        bar: least(0.6),
      },
      {
        what: "… first, tenth percentile of the draws",
        value: top1[Math.floor(DRAWS / 10)] ?? 0,
        unit: "share",
        of: `${DRAWS} draws`,
        bar: null,
      },
      {
        what: "commit named in the alert is the true one, or none rightly",
        value: count((row) => row.named === row.truth),
        unit: "share",
        of,
        bar: null,
      },
      {
        what: "true service first",
        value: count(({ serviceRank }) => serviceRank === 1),
        unit: "share",
        of,
        bar: least(errorsRight + 1e-9),
      },
      {
        what: "true service among the first three",
        value: count(({ serviceRank }) => serviceRank >= 1 && serviceRank <= 3),
        unit: "share",
        of,
        bar: null,
      },
      { what: "peer: the service with the most ERRORs", value: errorsRight, unit: "share", of, bar: null },
    ],
    notes: [
      "The weights are set by judgement; the scenarios are authored and were looked at while building.",
    ],
    cases: rows,
  };
}
