import type { Anomaly } from "../anomaly/anomaly.ts";
import type { ClassicBaseline } from "../baseline/classic.ts";
import { serviceOfKey } from "../log/series.ts";
import type { EpochMs } from "../log/time.ts";
import type { MergedCounts } from "../window/merged-counts.ts";
import type { Windows, WindowStats } from "../window/windows.ts";
import type { Aftermath } from "./aftermath.ts";
import { aftermathOf } from "./how-it-ended.ts";
import type { Alert } from "./alert.ts";
import type { ChangeBook } from "./change.ts";
import { chartOf } from "./chart.ts";
import { collectEvidence } from "./evidence.ts";
import { gravest } from "./evolve.ts";
import type { IncidentView } from "./incidents.ts";
import type { Scene } from "./observe.ts";
import { rankMembers } from "./rank.ts";
import type { SeriesTable } from "./series-table.ts";
import { rankSuspects } from "./suspects.ts";

export interface SceneryPorts {
  readonly windows: Windows;
  readonly counts: MergedCounts;
  readonly changes: ChangeBook;
  readonly bucketMs: number;
}

/** What the counts show around findings: gathered only when an alert opens or changes. */
export class Scenery {
  readonly #ports: SceneryPorts;

  constructor(ports: SceneryPorts) {
    this.#ports = ports;
  }

  /** For findings about all services of an environment together. */
  scene(
    stats: WindowStats,
    baseline: ClassicBaseline,
    anomalies: readonly Anomaly[],
    newSinceMs: EpochMs,
  ): Scene {
    const { windows, counts, changes, bucketMs } = this.#ports;
    const source = {
      stats,
      baseline,
      ...counts.named(windows.templates(stats.environment, stats.fromMs, stats.toMs)),
      newSinceMs,
      recent: counts.recent,
      changes,
    };
    const top = gravest(anomalies);
    const evidence = collectEvidence(
      source,
      anomalies.some(({ category }) => category === "service_change"),
    );
    const suspects = rankSuspects(source);
    if (top === undefined) return { evidence, suspects };
    const subject = { category: top.category, seriesKey: null };
    return { evidence, suspects, chart: chartOf(subject, windows, stats, baseline, bucketMs) };
  }

  /** How an alert ended. */
  aftermath(alert: Alert, nowMs: EpochMs): Aftermath {
    const { counts, changes } = this.#ports;
    return aftermathOf(alert, { recent: counts.recent, changes }, nowMs);
  }

  /** For an alert of the engine. */
  view(stats: WindowStats, baseline: ClassicBaseline, table: SeriesTable): IncidentView {
    const { windows, counts, changes, bucketMs } = this.#ports;
    const { recent } = counts;
    const named = counts.named(windows.templates(stats.environment, stats.fromMs, stats.toMs));
    return {
      stats,
      baseline,
      chart: (subject) => chartOf(subject, windows, stats, baseline, bucketMs),
      evidence: (keys, newSinceMs) => {
        const focus = new Set([...keys].map(serviceOfKey));
        const templates = new Map([...named.templates].filter(([key]) => keys.has(key)));
        const source = { stats, baseline, ...named, templates, newSinceMs, recent, changes };
        return collectEvidence({ ...source, focus, more: table.deployments.evidence(keys) }, false);
      },
      suspects: (members, blamed) => {
        const keys = new Set(members.map(({ newest }) => newest.seriesKey));
        return rankMembers({
          members,
          blamed,
          firstErrors: table.links.firstErrors(keys),
          samplesOf: named.samplesOf,
          fromMs: stats.fromMs,
        });
      },
    };
  }
}
