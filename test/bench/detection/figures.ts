import { bootstrap, wilson, type Interval } from "./intervals.ts";
import type { RunScores, Scenario } from "./generators.ts";
import { leaveOut, type LeaveOut } from "./leave-out.ts";
import {
  BANDS,
  detectPercentile,
  falsePerWeek,
  joined,
  precisionAt,
  precisionOf,
  recallOf,
  shareOf,
  weeksOf,
  type FaultOutcome,
  type Score,
} from "./score.ts";
import { FAULT_KINDS, FAULTS, type FaultKind, type Family } from "./workload/events.ts";

/** A detector over all seeds of a scenario. */
export interface DetectorFigures {
  readonly name: string;
  readonly precision: number;
  readonly hits: number;
  readonly detectable: number;
  readonly recall: number;
  readonly recallInterval: Interval;
  readonly falsePerWeek: number;
  readonly falseInterval: Interval;
  readonly detectP50: number;
  readonly detectP90: number;
  /** At the loosest threshold with no more false alerts than ours; null where no threshold has so few. */
  readonly recallAtOurFalse: number | null;
  /** At the tightest threshold that still finds as much as ours; null where none does. */
  readonly falseAtOurRecall: number | null;
}

export interface GroupFigures {
  readonly group: string;
  readonly hits: number;
  readonly detectable: number;
  readonly falseAlarms: number;
  readonly weeks: number;
  readonly detectP50: number;
}

function figuresOf(
  name: string,
  scores: readonly Score[],
): Omit<DetectorFigures, "recallAtOurFalse" | "falseAtOurRecall"> {
  const score = joined(scores);
  const { hits, of } = recallOf(score);
  return {
    name,
    precision: precisionOf(score),
    hits,
    detectable: of,
    recall: shareOf({ hits, of }),
    recallInterval: wilson(hits, of),
    falsePerWeek: falsePerWeek(score),
    falseInterval: bootstrap(scores, `false/${name}`, (drawn) => falsePerWeek(joined(drawn))),
    detectP50: detectPercentile(score, 0.5),
    detectP90: detectPercentile(score, 0.9),
  };
}

export interface ScenarioFigures {
  readonly scenario: Scenario;
  readonly detectors: readonly DetectorFigures[];
  /** Ours, over all seeds. */
  readonly ours: Score;
  readonly perSeed: readonly Score[];
}

interface Curve {
  readonly recall: number;
  readonly falsePerWeek: number;
}

function curveOf(runs: readonly RunScores[], peer: number): readonly Curve[] {
  const points = runs[0]?.peers[peer]?.points ?? [];
  return points.map((_, i) => {
    const score = joined(runs.flatMap((run) => run.peers[peer]?.points[i]?.score ?? []));
    return { recall: shareOf(recallOf(score)), falsePerWeek: falsePerWeek(score) };
  });
}

function highest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

function lowest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}

/** All detectors of one scenario beside each other; `ours` names the one that the peers are held against. */
export function scenarioFigures(
  scenario: Scenario,
  runs: readonly RunScores[],
  ours: string,
): ScenarioFigures {
  const names = [...(runs[0]?.products.keys() ?? [])];
  const scoresOf = (name: string): Score[] => runs.flatMap((run) => run.products.get(name) ?? []);
  const own = figuresOf(ours, scoresOf(ours));
  const products = names.map((name): DetectorFigures => ({
    ...figuresOf(name, scoresOf(name)),
    recallAtOurFalse: null,
    falseAtOurRecall: null,
  }));
  const peers = (runs[0]?.peers ?? []).map((peer, index): DetectorFigures => {
    const atDefault = runs.flatMap(
      (run) => run.peers[index]?.points.find(({ threshold }) => threshold === 1)?.score ?? [],
    );
    const curve = curveOf(runs, index);
    return {
      ...figuresOf(peer.name, atDefault),
      recallAtOurFalse: highest(
        curve.filter((point) => point.falsePerWeek <= own.falsePerWeek).map(({ recall }) => recall),
      ),
      falseAtOurRecall: lowest(
        curve.filter((point) => point.recall >= own.recall).map((point) => point.falsePerWeek),
      ),
    };
  });
  const perSeed = scoresOf(ours);
  return { scenario, detectors: [...products, ...peers], ours: joined(perSeed), perSeed };
}

function part(score: Score, faults: readonly FaultOutcome[]): Score {
  return { ...score, faults };
}

export function byFault(score: Score): readonly GroupFigures[] {
  return FAULT_KINDS.map((kind) => {
    const own = part(
      score,
      score.faults.filter((fault) => fault.kind === kind),
    );
    const { hits, of } = recallOf(own);
    const falseAlarms = 0;
    const weeks = 0;
    const all = part(own, own.faults);
    return { group: kind, hits, detectable: of, falseAlarms, weeks, detectP50: medianMinutes(all) };
  });
}

/** Of every kind, gradual ones too. */
function medianMinutes({ faults }: Score): number {
  const minutes = faults
    .filter(({ isDetectable, hitMs }) => isDetectable && hitMs !== null)
    .map(({ hitMs, startMs }) => ((hitMs ?? 0) - startMs) / 60_000)
    .toSorted((a, b) => a - b);
  return minutes[Math.max(0, Math.ceil(minutes.length / 2) - 1)] ?? Number.NaN;
}

export function byBand(score: Score): readonly GroupFigures[] {
  return BANDS.map((band) => {
    const own = part(
      score,
      score.faults.filter((fault) => fault.band === band),
    );
    const { hits, of } = recallOf(own);
    return {
      group: `${band} a minute`,
      hits,
      detectable: of,
      falseAlarms: score.falseAlarms.filter((alarm) => alarm.band === band).length,
      weeks: score.weeks[band],
      detectP50: detectPercentile(own, 0.5),
    };
  });
}

/** False alerts must not move with the density of faults. */
export function byDensity(score: Score): readonly GroupFigures[] {
  return [...score.weeksByDensity]
    .toSorted(([a], [b]) => a - b)
    .map(([density, weeks]) => {
      const own = part(
        score,
        score.faults.filter((fault) => fault.density === density),
      );
      const { hits, of } = recallOf(own);
      return {
        group: `${density} faults a week`,
        hits,
        detectable: of,
        falseAlarms: score.falseAlarms.filter((alarm) => alarm.density === density).length,
        weeks,
        detectP50: detectPercentile(own, 0.5),
      };
    });
}

/** What the false alerts may come from, most frequent first. */
export function byBlame({ falseAlarms }: Score): readonly (readonly [blame: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const { blame, category } of falseAlarms) {
    // Traits of single services are left to the JSON.
    const known = /^(benign|premise) /.test(blame) ? blame : "everyday traffic";
    const key = `${known}: ${category}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b));
}

export function familyRecall(score: Score, family: Family): { hits: number; of: number } {
  return recallOf(score, ({ kind }) => FAULTS[kind].family === family);
}

/** Alerts that came of a change nobody should be woken for. */
export function blamedOn({ falseAlarms }: Score, pattern: RegExp): number {
  return falseAlarms.filter(({ blame }) => pattern.test(blame)).length;
}

/** Of the cascades found, those whose first service is among the first `places` suspects. */
export function cascadeNamed({ faults }: Score, places: number): { hits: number; of: number } {
  const kind: FaultKind = "cascade";
  const found = faults.filter((fault) => fault.kind === kind && fault.hitMs !== null);
  const named = found.filter(({ culpritRank }) => culpritRank >= 1 && culpritRank <= places);
  return { hits: named.length, of: found.length };
}

/** How much fewer false alerts than the best peer that finds as much; Infinity where no peer does. */
export function timesFewer({ detectors, ours }: ScenarioFigures): number {
  const best = lowest(detectors.flatMap(({ falseAtOurRecall }) => falseAtOurRecall ?? []));
  if (best === null) return Number.POSITIVE_INFINITY;
  // None at all could still be up to one in the time watched.
  return best / Math.max(falsePerWeek(ours), 1 / weeksOf(ours));
}

export function precisionAtQuarter(score: Score): number {
  return precisionAt(score, 0.25);
}

/** Seeds and kinds of faults left out, one at a time. */
export function generatorLeaveOuts({ scenario, ours, perSeed }: ScenarioFigures): readonly LeaveOut[] {
  const recall = (faults: readonly FaultOutcome[]): number => shareOf(recallOf(part(ours, faults)));
  const { hits, of } = recallOf(ours);
  const falseInterval = bootstrap(perSeed, `leave/${scenario}`, (drawn) => falsePerWeek(joined(drawn)));
  const common = {
    figure: `${scenario}: recall`,
    items: ours.faults,
    value: recall,
    interval: wilson(hits, of),
  };
  return [
    leaveOut({ ...common, dimension: "kind of fault", groupOf: ({ kind }) => kind }),
    leaveOut({ ...common, dimension: "seed", groupOf: ({ run }) => run }),
    leaveOut({
      figure: `${scenario}: false alerts per service-week`,
      dimension: "seed",
      items: perSeed.map((score, seed) => ({ score, seed: String(seed) })),
      groupOf: ({ seed }) => seed,
      value: (items) => falsePerWeek(joined(items.map(({ score }) => score))),
      interval: falseInterval,
    }),
  ];
}
