import { DAY_MS, type EpochMs } from "../../../../src/log/time.ts";
import { Random } from "../random.ts";
import type { FaultEvent, WorkloadEvent } from "./events.ts";
import { noTruth, PANE_MS, premisesAt, ServiceSource, type Pane, type Truth } from "./generator.ts";
import { schedule } from "./schedule.ts";
import type { Calendar } from "./season.ts";
import { drawService, type GeneratorName, type ServiceProfile } from "./service.ts";

/** Monday, 5 February 2024. */
export const WORKLOAD_START_MS = Date.UTC(2024, 1, 5);

export interface WorkloadSpec {
  readonly generator: GeneratorName;
  readonly seed: number;
  readonly services: number;
  /** Services that appear only when faults begin. */
  readonly newServices: number;
  /** Days without faults before those with. */
  readonly trainDays: number;
  readonly testDays: number;
  readonly maxPerMinute: number;
  readonly hasPremises: boolean;
}

/** Everything about one seed but the traffic itself. */
export interface Workload {
  readonly spec: WorkloadSpec;
  readonly profiles: readonly ServiceProfile[];
  readonly events: readonly WorkloadEvent[];
  readonly startMs: EpochMs;
  readonly testMs: EpochMs;
  readonly endMs: EpochMs;
  /** Per fault and service of it; filled while the panes are drawn. */
  readonly truths: ReadonlyMap<FaultEvent, Map<number, Truth>>;
  panes(): Generator<Pane>;
}

/** New services are quiet: 0.2 to 5 records a minute. */
const QUIET_PER_MINUTE = 5;

function calendarOf(events: readonly WorkloadEvent[]): Calendar {
  const at = (kind: WorkloadEvent["kind"]): EpochMs | null =>
    events.find((event) => event.kind === kind)?.startMs ?? null;
  return { dstMs: at("dst"), holidayMs: at("holiday"), monthEndMs: at("month_end") };
}

/** The same spec gives the same workload, pane by pane, in bounded memory. */
export function workloadOf(spec: WorkloadSpec): Workload {
  const { generator, seed, services, newServices, trainDays, testDays } = spec;
  const random = new Random(`${generator}/${seed}/${trainDays}`);
  const startMs = WORKLOAD_START_MS;
  const testMs = startMs + trainDays * DAY_MS;
  const endMs = testMs + testDays * DAY_MS;
  const draw = (index: number, maxPerMinute: number): ServiceProfile =>
    drawService(generator, index, random.fork(`service/${index}`), maxPerMinute);
  const old = Array.from({ length: services }, (_, i) => draw(i, spec.maxPerMinute));
  const young = Array.from({ length: newServices }, (_, i) => draw(services + i, QUIET_PER_MINUTE));
  const events = [
    ...schedule({
      generator,
      services: old,
      random: random.fork("schedule"),
      fromMs: testMs,
      toMs: endMs,
      hasPremises: spec.hasPremises,
    }),
    ...young.map(({ index, name }, i): WorkloadEvent => {
      const bornMs = testMs + (0.5 + i) * DAY_MS;
      const span = { service: index, name, startMs: bornMs, endMs: bornMs + DAY_MS / 12 };
      return {
        role: "benign",
        kind: "new_service",
        spans: [span],
        startMs: bornMs,
        endMs: span.endMs,
        magnitude: 1,
      };
    }),
  ];
  const truths = new Map<FaultEvent, Map<number, Truth>>();
  for (const event of events) {
    if (event.role === "fault")
      truths.set(event, new Map(event.spans.map(({ service }) => [service, noTruth()])));
  }
  const profiles = [...old, ...young];
  const workload = { spec, profiles, events, startMs, testMs, endMs, truths };
  return { ...workload, panes: () => panesOf(workload, random) };
}

function* panesOf(workload: Omit<Workload, "panes">, random: Random): Generator<Pane> {
  const { profiles, events, startMs, endMs, truths } = workload;
  const calendar = calendarOf(events);
  const sources = profiles.map((profile) => {
    const own = events.filter(({ spans }) => spans.some(({ service }) => service === profile.index));
    const bornMs = own.find(({ kind }) => kind === "new_service")?.startMs ?? startMs;
    return new ServiceSource(profile, own, calendar, random.fork(`traffic/${profile.index}`), bornMs);
  });
  for (let paneMs = startMs; paneMs < endMs; paneMs += PANE_MS) {
    const services = sources.map((source) => source.pane(paneMs, truths)).filter((pane) => pane !== null);
    yield { startMs: paneMs, services, premises: premisesAt(events, paneMs) };
  }
}
