import type { SeriesModel } from "../baseline/series-model.ts";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { SilencedFinding } from "./ledger.ts";

/** Watched for less time than this, an environment shows its services one by one. */
const ESTABLISHED_MS = 60 * MINUTE_MS;

/** Services that log for the first time: told once each, as a note, and to nobody at night. */
export class Newcomers {
  readonly #seen = new WeakSet<SeriesModel>();

  /** `models` of one environment, in the order in which they came. */
  of(models: readonly SeriesModel[], nowMs: EpochMs): readonly SilencedFinding[] {
    const [oldest] = models;
    const established = oldest !== undefined && this.#seen.has(oldest);
    const notes: SilencedFinding[] = [];
    for (let i = models.length - 1; i >= 0; i--) {
      const model = models[i];
      if (model === undefined || this.#seen.has(model)) break;
      this.#seen.add(model);
      if (established && model.firstMs - oldest.firstMs >= ESTABLISHED_MS) notes.push(noteOf(model, nowMs));
    }
    return notes;
  }
}

function noteOf({ series }: SeriesModel, atMs: EpochMs): SilencedFinding {
  return {
    environment: series.environment,
    service: series.service,
    category: "service_appeared",
    pattern: null,
    severity: null,
    observed: null,
    expected: null,
    gate: "gate",
    reason: "for information: it logs for the first time; what is normal of it is learnt from now on",
    alertId: null,
    atMs,
  };
}
