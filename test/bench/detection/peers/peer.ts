import { MINUTE_MS, type EpochMs } from "../../../../src/log/time.ts";
import { serviceAlarm, type Alarm } from "../alarm.ts";

/** What a detector sees of one service: records and error records of one minute. */
export interface MinuteCounts {
  readonly startMs: EpochMs;
  readonly total: number;
  readonly errors: number;
}

/** One service under one detector. The score is 1 where the published default would fire. */
export interface Scorer {
  push(minute: MinuteCounts): number;
}

export interface Peer {
  readonly name: string;
  scorer(): Scorer;
  /** Multiples of the default at which it is also tried; 1 among them. */
  readonly thresholds: readonly number[];
}

export const SWEEP: readonly number[] = [0.75, 1, 1.5, 2, 3, 4, 6, 10, 20];
/** As the product: what comes this soon after the end of an alert belongs to it. */
export const COOLDOWN_MS = 15 * MINUTE_MS;

class Threshold {
  readonly alarms: Alarm[] = [];
  readonly #value: number;
  readonly #lastFired = new Map<string, EpochMs>();

  constructor(value: number) {
    this.#value = value;
  }

  judge(service: string, score: number, nowMs: EpochMs, category: string): void {
    if (score < this.#value) return;
    const lastMs = this.#lastFired.get(service) ?? Number.NEGATIVE_INFINITY;
    this.#lastFired.set(service, nowMs);
    if (nowMs - lastMs > COOLDOWN_MS) this.alarms.push(serviceAlarm(service, nowMs, category));
  }
}

/** A peer over all services: one scorer each, alerts at every threshold of the sweep in one pass. */
export class PeerRun {
  readonly peer: Peer;
  readonly #scorers = new Map<string, Scorer>();
  readonly #thresholds: ReadonlyMap<number, Threshold>;

  constructor(peer: Peer) {
    this.peer = peer;
    this.#thresholds = new Map(peer.thresholds.map((value) => [value, new Threshold(value)]));
  }

  push(service: string, minute: MinuteCounts): void {
    let scorer = this.#scorers.get(service);
    if (scorer === undefined) {
      scorer = this.peer.scorer();
      this.#scorers.set(service, scorer);
    }
    const score = scorer.push(minute);
    if (!(score > 0)) return;
    const nowMs = minute.startMs + MINUTE_MS;
    for (const threshold of this.#thresholds.values()) threshold.judge(service, score, nowMs, this.peer.name);
  }

  alarms(threshold: number): readonly Alarm[] {
    return this.#thresholds.get(threshold)?.alarms ?? [];
  }
}
