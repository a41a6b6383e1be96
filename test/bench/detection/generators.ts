import { isDetectable } from "./oracle.ts";
import { Minutes } from "./minutes.ts";
import { PEERS } from "./peers/registry.ts";
import { PeerRun } from "./peers/peer.ts";
import { ProductOnPanes, type Settings } from "./product.ts";
import { scoreRun, WEEK_MS, type Score, type ScoredService, type ScoreInput } from "./score.ts";
import { Deliveries } from "./workload/deliveries.ts";
import type { FaultEvent } from "./workload/events.ts";
import { PANE_MS } from "./workload/generator.ts";
import type { GeneratorName } from "./workload/service.ts";
import { workloadOf, type Workload, type WorkloadSpec } from "./workload/workload.ts";

/** `A`, `B`: a week to learn from, then a week with faults. `A from day 1`: five days, faults from the second hour on. */
export const SCENARIOS = ["A", "B", "A from day 1"] as const;
export type Scenario = (typeof SCENARIOS)[number];

export interface Size {
  readonly services: number;
  readonly newServices: number;
  readonly trainDays: number;
  readonly testDays: number;
}

/** Shorter than the protocol's 48 services over three weeks, so that five seeds take minutes. */
export const DEFAULT_SIZE: Size = { services: 10, newServices: 1, trainDays: 7, testDays: 7 };
const UNBOUNDED = 1e9;
export const DAYS_FROM_THE_FIRST = 5;

export function specOf(scenario: Scenario, seed: number, size: Size): WorkloadSpec {
  const generator: GeneratorName = scenario === "B" ? "B" : "A";
  const days = scenario === "A from day 1" ? { trainDays: 0, testDays: DAYS_FROM_THE_FIRST } : {};
  return { ...size, ...days, generator, seed, maxPerMinute: UNBOUNDED, hasPremises: true };
}

/** Our detectors by the name in the table. */
export type ProductRuns = Readonly<Record<string, Settings>>;

export interface PeerCurve {
  readonly name: string;
  /** Threshold in units of the published default, and what it scores. */
  readonly points: readonly { readonly threshold: number; readonly score: Score }[];
}

export interface RunScores {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly products: ReadonlyMap<string, Score>;
  readonly peers: readonly PeerCurve[];
}

function servicesOf({ profiles, events, testMs, endMs }: Workload): readonly ScoredService[] {
  return profiles.map(({ name, index, perMinute, shape, noise, hostility, density }) => {
    const born = events.find(
      ({ kind, spans }) => kind === "new_service" && spans.some(({ service }) => service === index),
    );
    const fromMs = born?.startMs ?? testMs;
    const noisy = `noise ${noise.sd.toFixed(2)}${noise.isHeavyTailed ? " heavy-tailed" : ""}`;
    const traits = `${shape}${hostility === "none" ? "" : `, ${hostility}`}, ${perMinute.toFixed(1)}/min, ${noisy}`;
    return { name, perMinute, density, weeks: Math.max(0, endMs - fromMs) / WEEK_MS, traits };
  });
}

/** Only after all panes were drawn: the oracle judges what truly came. */
export function scoreInputOf(run: string, workload: Workload): ScoreInput {
  const { events, truths, profiles, testMs, endMs } = workload;
  const detectable = new Set<FaultEvent>();
  for (const [fault, truth] of truths) if (isDetectable(fault, truth, profiles)) detectable.add(fault);
  return { run, events, detectable, services: servicesOf(workload), fromMs: testMs, toMs: endMs };
}

/** One seed of one scenario: the same panes to our engine and to every peer, drawn once. */
export async function runGenerator(
  scenario: Scenario,
  seed: number,
  size: Size,
  runs: ProductRuns,
): Promise<RunScores> {
  const workload = workloadOf(specOf(scenario, seed, size));
  const deliveries = new Deliveries("workload", workload.startMs);
  const products = new Map(
    Object.entries(runs).map(([name, settings]) => [name, new ProductOnPanes(settings)] as const),
  );
  const peers = PEERS.map((peer) => new PeerRun(peer));
  const minutes = new Minutes((service, minute) => {
    for (const peer of peers) peer.push(service, minute);
  });
  for (const pane of workload.panes()) {
    const arrived = deliveries.of(pane);
    const nowMs = pane.startMs + PANE_MS;
    for (const { delta } of arrived) minutes.addDelta(delta);
    minutes.advance(pane.startMs);
    for (const product of products.values()) await product.step(arrived, nowMs);
  }
  const input = scoreInputOf(`${scenario}/${seed}`, workload);
  const scored = new Map<string, Score>();
  for (const [name, product] of products) {
    scored.set(name, scoreRun(await product.finish(workload.endMs), input));
  }
  const curves = peers.map((peer): PeerCurve => ({
    name: peer.peer.name,
    points: peer.peer.thresholds.map((threshold) => ({
      threshold,
      score: scoreRun(peer.alarms(threshold), input),
    })),
  }));
  return { scenario, seed, products: scored, peers: curves };
}
