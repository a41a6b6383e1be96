import type { LogRecord } from "../log/batch.ts";
import { seriesKey } from "../log/series.ts";
import type { SeverityNumber } from "../log/severity.ts";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import { clipBody } from "./recent-template.ts";

/** Of all series together, shared out evenly; each keeps at least `MIN_LINES_PER_SERIES`. */
export const MAX_RECENT_LINES = 20_000;
export const MAX_LINES_PER_SERIES = 200;
const MIN_LINES_PER_SERIES = 4;
const KEPT_MS = 30 * MINUTE_MS;

/** A record as it came, its body clipped and not redacted: whoever hands it out redacts it. */
export interface RecentLine {
  readonly timeMs: EpochMs;
  readonly key: string;
  readonly service: string;
  readonly environment: string;
  readonly severity: SeverityNumber;
  /** Its template's id when it came. */
  readonly template: string;
  readonly body: string;
  readonly traceId: string | null;
}

/** The last records of each series that were looked at: what stood around an error. In memory only, bounded. */
export class RecentLines {
  readonly #series = new Map<string, RecentLine[]>();

  observe(record: LogRecord, template: string): void {
    const { series, timeMs, severity, body, traceId } = record;
    const key = seriesKey(series);
    const lines = this.#series.get(key) ?? [];
    this.#series.set(key, lines);
    const { service, environment } = series;
    lines.push({ timeMs, key, service, environment, severity, template, body: clipBody(body), traceId });
    const room = Math.floor(MAX_RECENT_LINES / this.#series.size);
    const most = Math.min(MAX_LINES_PER_SERIES, Math.max(room, MIN_LINES_PER_SERIES));
    if (lines.length > most) lines.splice(0, lines.length - most);
  }

  /** Of one environment, in order of time. */
  of(environment: string): readonly RecentLine[] {
    return [...this.#series.values()]
      .filter(([first]) => first?.environment === environment)
      .flat()
      .toSorted((a, b) => a.timeMs - b.timeMs);
  }

  expire(nowMs: EpochMs): void {
    const beforeMs = nowMs - KEPT_MS;
    for (const [key, lines] of this.#series) {
      if ((lines[0]?.timeMs ?? 0) >= beforeMs) continue;
      const kept = lines.filter(({ timeMs }) => timeMs >= beforeMs);
      if (kept.length === 0) this.#series.delete(key);
      else this.#series.set(key, kept);
    }
  }
}
