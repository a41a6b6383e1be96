import type { LogRecord } from "../../../../src/log/batch.ts";
import { severityFromText } from "../../../../src/log/severity.ts";
import type { TimedRecord } from "../../../../src/replay/time-order.ts";
import { Random } from "../random.ts";

const LOW_SHARE = 0.005;
const HIGH_SHARE = 0.02;
const TEMPLATES: readonly ((n: number) => string)[] = [
  (n) => `client ${n} closed the connection before the answer was sent`,
  (n) => `could not refresh cached item ${n}, the old one stays in use`,
];

interface Noise {
  readonly random: Random;
  readonly share: number;
}

/** Two harmless error templates per service, on 0.5 to 2 % of its records, the same for the same seed. */
export class BackgroundErrors {
  readonly #seed: number;
  readonly #byService = new Map<string, Noise>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  mixedInto(records: readonly TimedRecord[]): TimedRecord[] {
    return records.flatMap((timed) => {
      const { random, share } = this.#noiseOf(timed.record.series.service);
      if (!random.chance(share)) return [timed];
      return [timed, { atMs: timed.atMs, record: this.#error(timed.record, random) }];
    });
  }

  #noiseOf(service: string): Noise {
    let noise = this.#byService.get(service);
    if (noise === undefined) {
      const random = new Random(`background/${this.#seed}/${service}`);
      noise = { random, share: random.between(LOW_SHARE, HIGH_SHARE) };
      this.#byService.set(service, noise);
    }
    return noise;
  }

  #error(record: LogRecord, random: Random): LogRecord {
    const severityText = "ERROR";
    const body = random.pick(TEMPLATES)(random.int(1_000, 9_999));
    return {
      ...record,
      severity: severityFromText(severityText),
      severityText,
      body,
      traceId: null,
      spanId: null,
    };
  }
}
