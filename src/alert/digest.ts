import { SEVERITIES, type Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";
import { describeTarget, type Mute } from "./mute.ts";
import type { AlertSummary } from "./summary.ts";

export interface Noisy {
  readonly name: string;
  readonly alerts: number;
}

/** What a day came to. */
export interface Digest {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly opened: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  readonly byCategory: readonly Noisy[];
  readonly stillOpen: number;
  readonly acknowledged: number;
  /** From detection; null where nothing was acknowledged. */
  readonly meanTimeToAcknowledgeMs: number | null;
  readonly markedReal: number;
  readonly markedNoise: number;
  /** Opened, but hidden by a mute. */
  readonly hidden: number;
  /** What people said of the analyses; absent in a digest of an earlier version. */
  readonly analyses?: { readonly helpful: number; readonly wrong: number; readonly hints: number };
  /** There were more alerts than this, and the oldest are not counted; absent or null: all are. */
  readonly cutAt?: number | null;
  readonly noisiestServices: readonly Noisy[];
  readonly noisiestPatterns: readonly Noisy[];
  readonly muted: readonly { readonly id: string; readonly what: string; readonly untilMs: EpochMs | null }[];
}

const MAX_NOISY = 5;
const MAX_MUTED = 20;

/** Names and how often each came, the most frequent first. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(names: readonly string[]): void {
    for (const name of names) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  top(max = Infinity): readonly Noisy[] {
    return [...this.#counts]
      .map(([name, alerts]) => ({ name, alerts }))
      .toSorted((a, b) => b.alerts - a.alerts || (a.name < b.name ? -1 : 1))
      .slice(0, max);
  }
}

/** Whom an alert is about: the suspect where there is one, else everybody affected. */
function servicesOf({ suspectedService, affectedServices }: AlertSummary): readonly string[] {
  return suspectedService === null ? affectedServices : [suspectedService];
}

function patternsOf({ anomalies, templates }: AlertSummary): readonly string[] {
  const named = anomalies.flatMap(({ pattern }) => (pattern === null ? [] : [pattern]));
  return named.length > 0 ? [...new Set(named)] : templates.slice(0, 1);
}

/** Counts the alerts of a period page by page, so that a bad day needs no more memory than a good one. */
export class DigestCount {
  readonly #severities = new Tally();
  readonly #categories = new Tally();
  readonly #services = new Tally();
  readonly #patterns = new Tally();
  /** `verdict real`, `rating wrong`, `hint`, `hidden`, `open`. */
  readonly #words = new Tally();
  #opened = 0;
  #acknowledged = 0;
  #waitedMs = 0;

  /** Shadow alerts are left out. */
  add(alerts: readonly AlertSummary[]): void {
    for (const alert of alerts) if (!alert.shadow) this.#add(alert);
  }

  #add(alert: AlertSummary): void {
    const { acknowledgedAtMs, detectedAtMs, verdict, status, told, feedback, hints } = alert;
    this.#opened += 1;
    this.#severities.add([alert.severity]);
    this.#categories.add([alert.category]);
    this.#services.add(servicesOf(alert));
    this.#patterns.add(patternsOf(alert));
    if (acknowledgedAtMs !== null) {
      this.#acknowledged += 1;
      this.#waitedMs += Math.max(0, acknowledgedAtMs - detectedAtMs);
    }
    this.#words.add([
      ...(verdict === null ? [] : [`verdict ${verdict.verdict}`]),
      ...(status === "resolved" ? [] : ["open"]),
      ...(told ? [] : ["hidden"]),
      ...feedback.map(({ rating }) => `rating ${rating}`),
      ...Array.from({ length: hints }, () => "hint"),
    ]);
  }

  /** `mutes` are those that run; `cutAt` how many were counted where there were more. */
  digest(mutes: readonly Mute[], fromMs: EpochMs, toMs: EpochMs, cutAt: number | null): Digest {
    const words = this.#words;
    const severities = SEVERITIES.map((severity) => [severity, this.#severities.get(severity)]);
    return {
      fromMs,
      toMs,
      opened: this.#opened,
      bySeverity: Object.fromEntries(severities) as Record<Severity, number>,
      byCategory: this.#categories.top(),
      stillOpen: words.get("open"),
      acknowledged: this.#acknowledged,
      meanTimeToAcknowledgeMs: this.#acknowledged === 0 ? null : this.#waitedMs / this.#acknowledged,
      markedReal: words.get("verdict real"),
      markedNoise: words.get("verdict noise"),
      hidden: words.get("hidden"),
      analyses: {
        helpful: words.get("rating helpful"),
        wrong: words.get("rating wrong"),
        hints: words.get("hint"),
      },
      cutAt,
      noisiestServices: this.#services.top(MAX_NOISY),
      noisiestPatterns: this.#patterns.top(MAX_NOISY),
      muted: mutes
        .slice(0, MAX_MUTED)
        .map(({ id, target, untilMs }) => ({ id, what: describeTarget(target), untilMs })),
    };
  }
}
