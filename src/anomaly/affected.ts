import { serviceOfKey } from "../log/series.ts";
import type { ClassicBaseline } from "../baseline/classic.ts";
import type { ServiceStats, WindowStats } from "../window/windows.ts";

export const MAX_AFFECTED = 20;
/** A service with less of the surplus than this is not named. */
const MIN_SHARE = 0.05;

interface Surplus {
  readonly service: string;
  readonly surplus: number;
}

function rank(surpluses: readonly Surplus[]): string[] {
  const total = surpluses.reduce((sum, { surplus }) => sum + Math.max(surplus, 0), 0);
  const named = surpluses
    .filter(({ surplus }) => surplus > 0 && surplus / total >= MIN_SHARE)
    .toSorted((a, b) => b.surplus - a.surplus || a.service.localeCompare(b.service));
  return [...new Set(named.map(({ service }) => service))].slice(0, MAX_AFFECTED);
}

/** Errors of a service in this window beyond what its own baseline error rate would give. */
export function errorSurplus(key: string, service: ServiceStats, baseline: ClassicBaseline): number {
  return service.errors - (baseline.perService.get(key)?.errorRate ?? 0) * service.total;
}

/** Services with the added errors, most first. */
export function affectedByErrors(stats: WindowStats, baseline: ClassicBaseline): string[] {
  return rank(
    [...stats.services].map(([key, service]) => ({
      service: service.series.service,
      surplus: errorSurplus(key, service, baseline),
    })),
  );
}

/** Services with the added records, most first. */
export function affectedByVolume(stats: WindowStats, baseline: ClassicBaseline): string[] {
  return rank(
    [...stats.services].map(([key, { series, total }]) => ({
      service: series.service,
      surplus: total - (baseline.perService.get(key)?.totalLogs ?? 0),
    })),
  );
}

/** A service that logs less than this per window is too quiet to be missed. */
const EXPECTED_LOGS = 1;

/** Services that the baseline knows and this window lacks, and the reverse. */
export function changedServices(
  stats: WindowStats,
  baseline: ClassicBaseline,
): { missing: string[]; appeared: string[] } {
  const missing = [...baseline.perService]
    .filter(([key, { totalLogs }]) => totalLogs >= EXPECTED_LOGS && !stats.services.has(key))
    .toSorted(([, a], [, b]) => b.totalLogs - a.totalLogs)
    .map(([key]) => serviceOfKey(key));
  const appeared = [...stats.services]
    .filter(([key]) => !baseline.perService.has(key))
    .toSorted(([, a], [, b]) => b.total - a.total)
    .map(([, { series }]) => series.service);
  return { missing: missing.slice(0, MAX_AFFECTED), appeared: appeared.slice(0, MAX_AFFECTED) };
}
