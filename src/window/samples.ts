import type { SeverityNumber } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";

export const MAX_SAMPLED_TEMPLATES = 100;
export const MAX_EXAMPLES = 3;
export const MAX_EXAMPLE_LENGTH = 2_000;

export interface TemplateSample {
  readonly template: string;
  firstSeenAtMs: EpochMs;
  lastSeenAtMs: EpochMs;
  /** The gravest seen. */
  severity: SeverityNumber;
  readonly examples: string[];
}

/** Per series the error templates seen lately with a few redacted lines each; bounded, in memory only. */
export class ErrorSamples {
  readonly #bySeries = new Map<string, Map<string, TemplateSample>>();

  observe(
    key: string,
    template: string,
    timeMs: EpochMs,
    severity: SeverityNumber,
    example: () => string,
  ): void {
    let samples = this.#bySeries.get(key);
    if (samples === undefined) {
      samples = new Map();
      this.#bySeries.set(key, samples);
    }
    const known = samples.get(template);
    if (known === undefined) {
      if (samples.size >= MAX_SAMPLED_TEMPLATES) evictOldest(samples);
      samples.set(template, {
        template,
        firstSeenAtMs: timeMs,
        lastSeenAtMs: timeMs,
        severity,
        examples: [example()],
      });
      return;
    }
    known.firstSeenAtMs = Math.min(known.firstSeenAtMs, timeMs);
    known.lastSeenAtMs = Math.max(known.lastSeenAtMs, timeMs);
    known.severity = Math.max(known.severity, severity);
    if (known.examples.length < MAX_EXAMPLES) known.examples.push(example());
  }

  of(key: string): readonly TemplateSample[] {
    return [...(this.#bySeries.get(key)?.values() ?? [])];
  }

  sample(key: string, template: string): TemplateSample | undefined {
    return this.#bySeries.get(key)?.get(template);
  }

  /** Forgets templates not seen since `beforeMs`. */
  expire(beforeMs: EpochMs): void {
    for (const [key, samples] of this.#bySeries) {
      for (const [template, sample] of samples) {
        if (sample.lastSeenAtMs < beforeMs) samples.delete(template);
      }
      if (samples.size === 0) this.#bySeries.delete(key);
    }
  }
}

function evictOldest(samples: Map<string, TemplateSample>): void {
  let oldest: TemplateSample | undefined;
  for (const sample of samples.values()) {
    if (oldest === undefined || sample.lastSeenAtMs < oldest.lastSeenAtMs) oldest = sample;
  }
  if (oldest !== undefined) samples.delete(oldest.template);
}
