import { DAY_MS, MINUTE_MS, SECOND_MS, type EpochMs } from "../../../../src/log/time.ts";
import type { Random } from "../random.ts";
import {
  FAULT_KINDS,
  FAULTS,
  GLOBAL_PREMISES,
  SERVICE_PREMISES,
  type BenignEvent,
  type FaultEvent,
  type FaultKind,
  type PremiseEvent,
  type PremiseKind,
  type Span,
  type WorkloadEvent,
} from "./events.ts";
import type { GeneratorName, ServiceProfile } from "./service.ts";

const PANE_MS = 10 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Between two events of one service, so that each is judged by itself. */
const APART_MS = 2 * HOUR_MS;
/** No fault before the detectors have seen this much, even where nothing was learnt before. */
const FIRST_FAULT_MS = 2 * HOUR_MS;
const TRIES = 200;
const SHARE_DEPLOYED = 0.4;
const SHARE_SCALED = 0.2;
const SHARE_RESAMPLED = 0.15;
const POISONED_DAYS = 4;
/** Below this a service is too quiet for a fault of the pipeline to show. */
const MIN_PREMISE_PER_MINUTE = 20;

export interface ScheduleInput {
  readonly generator: GeneratorName;
  readonly services: readonly ServiceProfile[];
  readonly random: Random;
  /** Faults lie in `[fromMs, toMs)`. */
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly hasPremises: boolean;
}

function paneStart(timeMs: EpochMs): EpochMs {
  return Math.floor(timeMs / PANE_MS) * PANE_MS;
}

/** Books what each service goes through, so that events do not overlap. */
class Bookings {
  readonly #spans: Span[] = [];

  isFree(service: number, startMs: EpochMs, endMs: EpochMs): boolean {
    return this.#spans.every(
      (span) =>
        span.service !== service || startMs >= span.endMs + APART_MS || endMs <= span.startMs - APART_MS,
    );
  }

  /** No service at all goes through something. */
  isCalm(startMs: EpochMs, endMs: EpochMs): boolean {
    return this.#spans.every((span) => startMs >= span.endMs + HOUR_MS || endMs <= span.startMs - HOUR_MS);
  }

  book(spans: readonly Span[]): void {
    this.#spans.push(...spans);
  }
}

class Scheduler {
  readonly #input: ScheduleInput;
  readonly #bookings = new Bookings();
  readonly #events: WorkloadEvent[] = [];
  #deck: FaultKind[] = [];

  constructor(input: ScheduleInput) {
    this.#input = input;
  }

  events(): readonly WorkloadEvent[] {
    this.#benign();
    if (this.#input.hasPremises) this.#premises();
    this.#faults();
    return this.#events.toSorted((a, b) => a.startMs - b.startMs);
  }

  /** A start at which `accepts` holds, or null. */
  #start(durationMs: number, accepts: (startMs: EpochMs) => boolean): EpochMs | null {
    const { random, fromMs, toMs } = this.#input;
    const [lowMs, highMs] = [fromMs + FIRST_FAULT_MS, toMs - durationMs - HOUR_MS];
    if (highMs <= lowMs) return null;
    for (let i = 0; i < TRIES; i++) {
      const startMs = paneStart(random.between(lowMs, highMs));
      if (accepts(startMs)) return startMs;
    }
    return null;
  }

  #named(service: number): { service: number; name: string } {
    return { service, name: this.#input.services[service]?.name ?? "" };
  }

  #faults(): void {
    const { services, random, fromMs, toMs } = this.#input;
    const weeks = (toMs - fromMs) / (7 * DAY_MS);
    for (const { index, density } of services) {
      for (let n = random.poisson(density * weeks); n > 0; n--) this.#fault(this.#nextKind(), index);
    }
  }

  /** Kinds come evenly: every one once before any comes twice. */
  #nextKind(): FaultKind {
    if (this.#deck.length === 0) this.#deck = this.#input.random.shuffled(FAULT_KINDS);
    const kind = this.#deck.pop();
    if (kind === undefined) throw new RangeError("no fault is known");
    return kind;
  }

  #fault(kind: FaultKind, service: number): void {
    const { random } = this.#input;
    const { minutes, magnitude } = FAULTS[kind];
    const durationMs = paneStart(random.between(minutes[0], minutes[1]) * MINUTE_MS);
    const spanMs = kind === "poison" ? (POISONED_DAYS - 1) * DAY_MS + durationMs : durationMs;
    const startMs = this.#start(spanMs, (atMs) => this.#bookings.isFree(service, atMs, atMs + spanMs));
    if (startMs === null) return;
    const drawn = random.between(magnitude[0], magnitude[1]);
    const days = kind === "poison" ? POISONED_DAYS : 1;
    for (let day = 0; day < days; day++) {
      const first = {
        ...this.#named(service),
        startMs: startMs + day * DAY_MS,
        endMs: startMs + day * DAY_MS + durationMs,
      };
      const spans = kind === "cascade" ? [first, ...this.#followers(first)] : [first];
      const endMs = Math.max(...spans.map((span) => span.endMs));
      const event: FaultEvent = {
        role: "fault",
        kind,
        spans,
        startMs: first.startMs,
        endMs,
        magnitude: drawn,
        isRepeated: day > 0,
      };
      this.#add(event);
    }
  }

  /** Two to seven services that a cascade reaches within five minutes. */
  #followers(first: Span): Span[] {
    const { services, random } = this.#input;
    const free = services.filter(
      ({ index }) =>
        index !== first.service && this.#bookings.isFree(index, first.startMs, first.endMs + 5 * MINUTE_MS),
    );
    return random
      .shuffled(free)
      .slice(0, random.int(2, 7))
      .map(({ index }) => {
        const startMs = first.startMs + paneStart(random.between(0, 5) * MINUTE_MS);
        return { ...this.#named(index), startMs, endMs: startMs + first.endMs - first.startMs };
      });
  }

  #add(event: WorkloadEvent): void {
    this.#events.push(event);
    this.#bookings.book(event.spans);
  }

  #benign(): void {
    const { services, random, generator, toMs } = this.#input;
    for (const { index } of services) {
      if (random.chance(SHARE_DEPLOYED)) this.#lasting("deploy_shift", index, this.#shift());
      else if (generator === "B" && random.chance(SHARE_RESAMPLED))
        this.#lasting("sampling_change", index, random.pick([0.5, 2]));
      else if (random.chance(SHARE_SCALED)) this.#lasting("scale_out", index, 1);
    }
    if (generator !== "B") return;
    const dayMs = paneStart(toMs) - 5 * DAY_MS;
    this.#calendar("dst", dayMs, DAY_MS);
    this.#calendar("holiday", toMs - 3 * DAY_MS, DAY_MS);
    this.#calendar("month_end", toMs - 2 * DAY_MS, DAY_MS / 2);
  }

  #shift(): number {
    const { random } = this.#input;
    const change = random.between(0.15, 0.65);
    return random.chance(0.5) ? 1 + change : 1 - change;
  }

  /** From its start to the end of time; only the start is booked. */
  #lasting(kind: BenignEvent["kind"], service: number, magnitude: number): void {
    const startMs = this.#start(2 * HOUR_MS, (atMs) =>
      this.#bookings.isFree(service, atMs, atMs + 2 * HOUR_MS),
    );
    if (startMs === null) return;
    const span = { ...this.#named(service), startMs, endMs: startMs + 2 * HOUR_MS };
    this.#add({ role: "benign", kind, spans: [span], startMs, endMs: span.endMs, magnitude });
  }

  #calendar(kind: BenignEvent["kind"], startMs: EpochMs, durationMs: number): void {
    if (startMs < this.#input.fromMs) return;
    this.#add({ role: "benign", kind, spans: [], startMs, endMs: startMs + durationMs, magnitude: 1 });
  }

  #premises(): void {
    const { services, random } = this.#input;
    for (const kind of GLOBAL_PREMISES) this.#premise(kind, null);
    const loud = services.filter(({ perMinute }) => perMinute >= MIN_PREMISE_PER_MINUTE);
    if (loud.length === 0) return;
    for (const kind of SERVICE_PREMISES) this.#premise(kind, random.pick(loud).index);
  }

  #premise(kind: PremiseKind, service: number | null): void {
    const durationMs = PREMISE_SECONDS[kind] * SECOND_MS;
    const startMs = this.#start(durationMs, (atMs) =>
      service === null
        ? this.#bookings.isCalm(atMs, atMs + durationMs)
        : this.#bookings.isFree(service, atMs, atMs + durationMs),
    );
    if (startMs === null) return;
    const endMs = startMs + durationMs;
    const spans = service === null ? [] : [{ ...this.#named(service), startMs, endMs }];
    const event: PremiseEvent = { role: "premise", kind, spans, startMs, endMs, magnitude: 1 };
    this.#events.push(event);
    // What concerns one service leaves the others alone; around the rest all are kept free of faults.
    if (service !== null) this.#bookings.book(spans);
    else
      this.#bookings.book(
        this.#input.services.map(({ index }) => ({ ...this.#named(index), startMs, endMs })),
      );
  }
}

const PREMISE_SECONDS: Readonly<Record<PremiseKind, number>> = {
  old_logs: 600,
  duplicate_batch: 20,
  collector_restart: 90,
  own_restart: 40,
  skew_ahead: 1_200,
  skew_behind: 1_200,
  ingestion_lag: 1_200,
};

/** Everything that happens beside everyday traffic; events of one service never overlap. */
export function schedule(input: ScheduleInput): readonly WorkloadEvent[] {
  return new Scheduler(input).events();
}
