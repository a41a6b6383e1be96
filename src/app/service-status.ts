import type { ServiceState, ServiceStatus } from "../api/ports.ts";
import type { ServiceBaseline } from "../baseline/classic.ts";
import { MINUTE_MS } from "../log/time.ts";
import type { EnvironmentStanding } from "../pipeline.ts";
import { seriesKey, serviceOfKey, type Series } from "../log/series.ts";

interface Row {
  readonly series: Series;
  readonly lastSeenAtMs: number | null;
}

/** Every service of an environment: what it logs now against what it usually logs. */
export function serviceStatuses(standing: EnvironmentStanding): ServiceStatus[] {
  return [...rows(standing)].map(([key, row]) => status(key, row, standing));
}

/** Services seen by this process, and those that only the restored baseline knows. */
function rows({ stats, baseline, series }: EnvironmentStanding): Map<string, Row> {
  const found = new Map<string, Row>(series.map((known) => [known.key, known]));
  for (const { series: counted } of stats.services.values()) {
    const key = seriesKey(counted);
    if (!found.has(key)) found.set(key, { series: counted, lastSeenAtMs: null });
  }
  for (const key of baseline.perService.keys()) {
    const series = { environment: stats.environment, namespace: "", service: serviceOfKey(key) };
    if (!found.has(key)) found.set(key, { series, lastSeenAtMs: null });
  }
  return found;
}

function status(key: string, { series, lastSeenAtMs }: Row, standing: EnvironmentStanding): ServiceStatus {
  const { stats, baseline } = standing;
  const now = stats.services.get(key);
  const usual = baseline.perService.get(key);
  const perMinute = MINUTE_MS / baseline.windowMs;
  return {
    ...series,
    logsPerMinute: (now?.total ?? 0) * perMinute,
    errorRate: now === undefined ? 0 : now.errors / now.total,
    baseline: {
      logsPerMinute: usual === undefined ? null : usual.totalLogs * perMinute,
      errorRate: usual?.errorRate ?? null,
    },
    learningUntilMs: standing.learningUntilMs(key),
    state: stateOf(series.service, now !== undefined, usual, standing),
    lastSeenAtMs,
  };
}

function stateOf(
  service: string,
  logs: boolean,
  usual: ServiceBaseline | undefined,
  { running }: EnvironmentStanding,
): ServiceState {
  if (running?.affectedServices.includes(service) === true) return "anomalous";
  if (!logs) return "silent";
  return usual === undefined ? "learning" : "normal";
}
