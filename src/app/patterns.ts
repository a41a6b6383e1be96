import type { PatternSource, ServicePattern } from "../api/ports.ts";
import type { Clock } from "../clock.ts";
import { MINUTE_MS } from "../log/time.ts";
import type { Pipeline, ServicePatterns } from "../pipeline.ts";
import type { PatternLine } from "../slack/ports.ts";
import type { SeriesPattern } from "../window/series-patterns.ts";

/** The templates of the running service, for the API. */
export function patternSource(pipeline: Pipeline, clock: Clock): PatternSource {
  return {
    patterns: ({ service, environment, namespace }) => {
      const known = pipeline.patterns(clock.now(), (series) => {
        return (
          series.service === service &&
          series.environment === (environment ?? series.environment) &&
          series.namespace === (namespace ?? series.namespace)
        );
      });
      if (known.series === 0) return null;
      return known.patterns.map((pattern) => servicePattern(pattern, known));
    },
  };
}

function servicePattern(
  { series, template, levels, trend, samples }: SeriesPattern,
  { fromMs, toMs, bucketMs }: ServicePatterns,
): ServicePattern {
  return {
    id: template.id,
    template: template.text,
    aliases: template.aliases,
    environment: series.environment,
    namespace: series.namespace,
    count: template.count,
    perMinute: (sum(trend) * MINUTE_MS) / (toMs - fromMs),
    levels,
    firstSeenAtMs: template.createdAtMs,
    lastSeenAtMs: template.lastSeenMs,
    samples,
    trend: { startMs: fromMs, stepMs: bucketMs, counts: trend },
  };
}

/** Those of the current window, the most frequent first. */
export function patternLines(service: string, pipeline: Pipeline, clock: Clock): readonly PatternLine[] {
  const { patterns } = pipeline.patterns(clock.now(), (series) => series.service === service);
  return patterns
    .map(({ series: { environment }, template: { text }, trend }) => ({
      environment,
      template: text,
      count: sum(trend),
    }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
