import type { GapPair } from "../baseline/gap-model.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import { binomialSurprise } from "../baseline/tail.ts";
import { serviceOfKey } from "../log/series.ts";
import { findingKey, severityOf, type Finding, type Look, type Suspicion } from "./finding.ts";
import { count, duration, percent } from "./words.ts";

/** Steps of gaps that are judged together. */
const JUDGED_STEPS = 2;
/** Watched buckets before a step within a trace may be called slow. */
const MIN_BUCKETS = 1.9;
const MIN_SLOW = 3;
/** Of what is slow, the newest step must hold so much. */
const STILL_SHARE = 0.25;
/** The step before it was part of it if it holds so much. */
const BEGUN_SHARE = 0.1;
/** Gaps of one trace come together: this many tell as much as one. */
const CLUSTERING = 1.5;
/** A pair that is off by less than this is left out of the count. */
const MIN_SURPRISE = 1;
/** What is slow beside what a slow service explains is told too, up to so many. */
const MAX_SLOW_SERVICES = 5;

/** One pair of lines that follow each other in traces, as the last steps show it. */
interface Hop {
  readonly pair: GapPair;
  /** Of the later line. */
  readonly series: SeriesModel;
  readonly n: number;
  readonly slow: number;
  readonly slowNow: number;
  readonly p: number;
  readonly surprise: number;
  /** Not to be learnt where it is told of. */
  readonly distrust: () => void;
}

/** What is slow around one service, and how surprising that is. */
interface SlowService {
  readonly key: string;
  /** The worst first. */
  readonly hops: readonly Hop[];
  readonly surprise: number;
}

function hopsOf(series: SeriesModel, look: Look): Hop[] {
  if (series.gaps.size === 0 || series.watchedBuckets < MIN_BUCKETS) return [];
  const hops: Hop[] = [];
  for (const gap of series.gaps.values()) {
    if (!gap.known) continue;
    const { n, slow, slowNow, p } = gap.judge(look.step, JUDGED_STEPS);
    if (n === 0) continue;
    const trials = Math.ceil(n / CLUSTERING);
    const surprise =
      slow === 0 ? 0 : binomialSurprise(Math.max(1, Math.round(slow / CLUSTERING)), trials, Math.min(0.5, p));
    const distrust = (): void => gap.distrust(look.step);
    hops.push({ pair: gap.pair, series, n, slow, slowNow, p, surprise, distrust });
  }
  return hops;
}

/** The pairs that are off most, less what picking them among so many adds by chance. */
function slowService(key: string, hops: readonly Hop[], services: number): SlowService {
  const sorted = hops
    .filter(({ surprise }) => surprise >= MIN_SURPRISE)
    .toSorted((a, b) => b.surprise - a.surprise);
  let sum = 0;
  let choices = Math.log10(Math.max(1, services));
  let best: SlowService = { key, hops: [], surprise: 0 };
  for (const [i, { surprise }] of sorted.entries()) {
    sum += surprise;
    choices += Math.log10((hops.length - i) / (i + 1));
    if (sum - choices > best.surprise) best = { key, hops: sorted.slice(0, i + 1), surprise: sum - choices };
  }
  return best;
}

/** Services by how slow the steps from and to them are; what one explains speaks for no other. */
function slowServices(all: readonly Hop[]): SlowService[] {
  const found: SlowService[] = [];
  let hops = all;
  while (found.length < MAX_SLOW_SERVICES) {
    const byService = new Map<string, Hop[]>();
    for (const hop of hops) {
      for (const key of new Set([hop.pair.fromKey, hop.series.key])) {
        const known = byService.get(key);
        if (known === undefined) byService.set(key, [hop]);
        else known.push(hop);
      }
    }
    const [first] = [...byService]
      .map(([key, own]) => slowService(key, own, byService.size))
      .toSorted((a, b) => b.surprise - a.surprise || a.key.localeCompare(b.key));
    if (first === undefined || first.hops.length === 0) break;
    found.push(first);
    hops = hops.filter(({ pair, series }) => pair.fromKey !== first.key && series.key !== first.key);
  }
  return found;
}

function suspectsOf({ key, hops }: SlowService): readonly Suspicion[] {
  const total = hops.reduce((sum, { surprise }) => sum + surprise, 0);
  const weights = new Map<string, number>();
  for (const { pair, series, surprise } of hops) {
    for (const one of new Set([pair.fromKey, series.key]))
      weights.set(one, (weights.get(one) ?? 0) + surprise / total);
  }
  return [...weights].map(([one, weight]) => ({
    seriesKey: one,
    service: serviceOfKey(one),
    weight: one === key ? 1 : weight / 2,
    because: `${percent(weight)} of what is slow goes from or to it`,
  }));
}

function finding(slowest: SlowService, look: Look): Finding | null {
  const { hops, surprise } = slowest;
  const [worst] = hops;
  const slow = hops.reduce((sum, hop) => sum + hop.slow, 0);
  if (worst === undefined || slow < MIN_SLOW) return null;
  const slowNow = hops.reduce((sum, hop) => sum + hop.slowNow, 0);
  // The window remembers what is over.
  if (slowNow < STILL_SHARE * slow) return null;
  const score = surprise / (look.tau * (look.strictness?.(worst.series) ?? 1));
  const key = findingKey("trace_gap", slowest);
  if (score < (look.isOpen(key) ? 0.5 : 1)) return null;
  const n = hops.reduce((sum, hop) => sum + hop.n, 0);
  const p = hops.reduce((sum, hop) => sum + hop.n * hop.p, 0) / n;
  for (const hop of hops) hop.distrust();
  const windowMs = JUDGED_STEPS * look.grid.stepMs;
  const { pair, series } = worst;
  const text = (seriesKey: string, pattern: string): string =>
    `"${look.textOf(seriesKey, pattern).slice(0, 80)}"`;
  const place = pair.fromKey === series.key ? "" : ` of ${serviceOfKey(pair.fromKey)}`;
  return {
    key,
    detector: "trace_gap",
    category: "slow_trace",
    seriesKey: series.key,
    series: series.series,
    severity: severityOf(score, 0),
    score,
    surprise,
    observed: slow / n,
    expected: p,
    range: [0, 2 * p],
    onsetMs: slow - slowNow < BEGUN_SHARE * slow ? look.nowMs - look.grid.stepMs : look.nowMs - windowMs,
    windowMs,
    pattern: pair.to,
    description:
      `${series.series.service}: ${count(slow)} of ${count(n)} steps within traces took unusually long in ` +
      `${duration(windowMs)}, ${percent(slow / n)} against ${percent(p)}; most between ` +
      `${text(pair.fromKey, pair.from)}${place} and ${text(series.key, pair.to)}; ` +
      `what they share is ${serviceOfKey(slowest.key)}`,
    immediate: score >= 1.5,
    weak: score < 1,
    suspects: suspectsOf(slowest),
  };
}

/** Lines of one trace that follow each other more slowly than they used to, by the service that this is about. */
export function traceGaps(models: readonly SeriesModel[], look: Look): Finding[] {
  if (!look.isStep) return [];
  const hops = models.flatMap((series) => hopsOf(series, look));
  if (hops.every(({ slow }) => slow === 0)) return [];
  return slowServices(hops).flatMap((slowest) => finding(slowest, look) ?? []);
}
