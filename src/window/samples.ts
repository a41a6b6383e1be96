import type { SeverityNumber } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import type { TemplateSample } from "./delta.ts";

export const MAX_SAMPLED_TEMPLATES = 100;
export const MAX_EXAMPLES = 3;
export const MAX_EXAMPLE_LENGTH = 1_000;
/** Of all series together. */
export const MAX_SAMPLED_TEMPLATES_IN_ALL = 20_000;

/** Per series the error templates seen lately with a few redacted lines each; bounded, in memory only. */
export class ErrorSamples {
  readonly #bySeries = new Map<string, Map<string, TemplateSample>>();
  #count = 0;

  /** True where an example was kept: somebody who has the samples already lacks this one. */
  observe(
    key: string,
    template: string,
    timeMs: EpochMs,
    severity: SeverityNumber,
    example: () => string,
  ): boolean {
    const known = this.sample(key, template);
    if (known === undefined) {
      const first = { template, firstSeenAtMs: timeMs, lastSeenAtMs: timeMs, severity };
      return this.#add(key, () => ({ ...first, examples: [example()] }));
    }
    known.firstSeenAtMs = Math.min(known.firstSeenAtMs, timeMs);
    known.lastSeenAtMs = Math.max(known.lastSeenAtMs, timeMs);
    known.severity = Math.max(known.severity, severity);
    if (known.examples.length >= MAX_EXAMPLES) return false;
    known.examples.push(example());
    return true;
  }

  /** Counted again, by another counter that had no new example to send. */
  touch(key: string, template: string, timeMs: EpochMs): void {
    const known = this.sample(key, template);
    if (known !== undefined) known.lastSeenAtMs = Math.max(known.lastSeenAtMs, timeMs);
  }

  /** Takes over what another counter, or an earlier process, has seen; any order, any number of times. */
  merge(key: string, sample: TemplateSample): void {
    const known = this.sample(key, sample.template);
    if (known === undefined) {
      this.#add(key, () => ({ ...sample, examples: sample.examples.slice(0, MAX_EXAMPLES) }));
      return;
    }
    known.firstSeenAtMs = Math.min(known.firstSeenAtMs, sample.firstSeenAtMs);
    known.lastSeenAtMs = Math.max(known.lastSeenAtMs, sample.lastSeenAtMs);
    known.severity = Math.max(known.severity, sample.severity);
    for (const example of sample.examples) {
      if (known.examples.length < MAX_EXAMPLES && !known.examples.includes(example))
        known.examples.push(example);
    }
  }

  /** The template goes by another id now. */
  rename(key: string, from: string, to: string): void {
    const samples = this.#bySeries.get(key);
    const sample = samples?.get(from);
    if (samples === undefined || sample === undefined) return;
    samples.delete(from);
    this.#count -= 1;
    this.merge(key, { ...sample, template: to });
  }

  #add(key: string, sample: () => TemplateSample): boolean {
    const samples = this.#bySeries.get(key) ?? new Map<string, TemplateSample>();
    const full = samples.size >= MAX_SAMPLED_TEMPLATES || this.#count >= MAX_SAMPLED_TEMPLATES_IN_ALL;
    if (full && !evictOldest(samples)) return false;
    if (!full) this.#count += 1;
    const added = sample();
    samples.set(added.template, added);
    this.#bySeries.set(key, samples);
    return true;
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
        if (sample.lastSeenAtMs < beforeMs && samples.delete(template)) this.#count -= 1;
      }
      if (samples.size === 0) this.#bySeries.delete(key);
    }
  }
}

/** False where there is none. */
function evictOldest(samples: Map<string, TemplateSample>): boolean {
  let oldest: TemplateSample | undefined;
  for (const sample of samples.values()) {
    if (oldest === undefined || sample.lastSeenAtMs < oldest.lastSeenAtMs) oldest = sample;
  }
  return oldest !== undefined && samples.delete(oldest.template);
}
