import { clip } from "../analysis/printable.ts";
import { redact } from "../analysis/redact.ts";
import type { Alert } from "../alert/alert.ts";
import { formatTime } from "../log/time.ts";
import type { Digest } from "../alert/digest.ts";
import type { Destination } from "../alert/route.ts";
import { sinceMs } from "../alert/view.ts";
import { digestText, stormText } from "./collective.ts";
import type { DeliveryOutcome, FindOutcome, Notifier, Storm, ThreadReply } from "./notifier.ts";
import type { MessageRef } from "./outbox.ts";
import { RecentByAlert } from "./recent-by-alert.ts";
import {
  analysisNote,
  confidenceWord,
  nameList,
  reportLines,
  resolvedLine,
  singleLine,
  words,
} from "./wording.ts";

/** What the notifier needs of `process.stdout`. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const MAX_LINE = 600;
const MAX_NAMES = 5;
const MAX_ACTIONS = 6;
const MAX_EVIDENCE = 5;
const REMEMBERED = 1_000;

type Paint = (text: string) => string;
const COLOURS = { critical: 31, high: 31, medium: 33, low: 36, good: 32, dim: 2, bold: 1 } as const;

/** Everything that may hold received text goes through here: printable, redacted, bounded. */
export function safe(text: string): string {
  return clip(singleLine(redact(text)), MAX_LINE);
}

function analysisLines(alert: Alert): readonly string[] {
  const note = analysisNote(alert.analysis);
  const lines = note === null ? [] : [`  ${safe(note)}`];
  if (alert.rootCause !== null) {
    const sure = alert.confidence === null ? "" : ` (${confidenceWord(alert.confidence)} confidence)`;
    lines.push(`  Likely cause${sure}: ${safe(alert.rootCause)}`);
  }
  if (alert.impact !== null) lines.push(`  Impact: ${safe(alert.impact)}`);
  for (const [index, action] of alert.recommendedActions.slice(0, MAX_ACTIONS).entries()) {
    lines.push(`  ${index + 1}. ${safe(action)}`);
  }
  lines.push(...reportLines(alert.analysis).map((text) => `  ${safe(text)}`));
  return lines;
}

function evidenceLines(alert: Alert): readonly string[] {
  return alert.evidence
    .filter((evidence) => evidence.template !== null)
    .slice(0, MAX_EVIDENCE)
    .map((evidence) => `  ${evidence.count} × ${safe(evidence.service)}: ${safe(evidence.template ?? "")}`);
}

/** What a reader has seen of an alert, so that an update prints only what is new. */
function seenKey(alert: Alert): { readonly state: string; readonly analysis: string } {
  return {
    state: `${alert.status} ${alert.severity} ${alert.acknowledgedBy ?? ""}`,
    // Statistics only count on as an alert runs; Claude says something new.
    analysis: `${alert.analysis.status} ${alert.analysis.by} ${alert.analysis.by === "claude" ? alert.rootCause : ""}`,
  };
}

/** Writes alerts as readable text; stands in where no Slack token is set. Colours only on a terminal. */
export class TerminalNotifier implements Notifier {
  readonly name = "terminal";
  private readonly stream: TerminalStream;
  private readonly seen = new RecentByAlert<ReturnType<typeof seenKey>>(REMEMBERED);

  constructor(stream: TerminalStream) {
    this.stream = stream;
  }

  async post(alert: Alert): Promise<DeliveryOutcome> {
    const colour = this.paint(COLOURS[alert.severity]);
    const services =
      alert.affectedServices.length === 0 ? "all services" : nameList(alert.affectedServices, MAX_NAMES);
    this.print([
      "",
      `${colour(`▲ ${alert.severity.toUpperCase()} ${words(alert.category)}`)}  ${alert.id}`,
      `  ${this.paint(COLOURS.bold)(safe(alert.description))}`,
      this.paint(COLOURS.dim)(
        `  ${safe(alert.environment)} · ${safe(services)} · since ${formatTime(sinceMs(alert) ?? alert.detectedAtMs)}`,
      ),
      ...analysisLines(alert),
      ...evidenceLines(alert),
      ...this.stateLines(alert),
    ]);
    this.seen.set(alert.id, seenKey(alert));
    return { kind: "delivered", ref: { alert: alert.id } };
  }

  async update(alert: Alert, ref: MessageRef): Promise<DeliveryOutcome> {
    const before = this.seen.get(alert.id);
    const now = seenKey(alert);
    const lines: string[] = [];
    if (before?.state !== now.state) lines.push(...this.stateLines(alert));
    if (before?.analysis !== now.analysis) lines.push(...analysisLines(alert));
    if (lines.length > 0) this.print([this.title(alert), ...lines]);
    this.seen.set(alert.id, seenKey(alert));
    return { kind: "delivered", ref };
  }

  async reply(alert: Alert, ref: MessageRef, { text, part }: ThreadReply): Promise<DeliveryOutcome> {
    // What was printed of the alert has it already.
    if (part === undefined) this.print([`${this.title(alert)} ${safe(text)}`]);
    return { kind: "delivered", ref };
  }

  async storm(storm: Storm, ref: MessageRef | null): Promise<DeliveryOutcome> {
    if (ref === null) this.print(["", ...stormText(storm).split("\n").map(safe)]);
    return { kind: "delivered", ref: { storm: storm.id } };
  }

  async digest(id: string, digest: Digest, _to: Destination): Promise<DeliveryOutcome> {
    this.print(["", ...digestText(id, digest).split("\n").map(safe)]);
    return { kind: "delivered", ref: { digest: id } };
  }

  /** What was printed before a restart is gone from memory, but not from the screen: printing again harms nobody. */
  async find(): Promise<FindOutcome> {
    return { kind: "absent" };
  }

  async findReply(): Promise<FindOutcome> {
    return { kind: "absent" };
  }

  private title(alert: Alert): string {
    const colour = alert.status === "resolved" ? COLOURS.good : COLOURS[alert.severity];
    return this.paint(colour)(`▲ ${alert.id}`);
  }

  private stateLines(alert: Alert): readonly string[] {
    const resolved = resolvedLine(alert);
    if (resolved !== null) return [`  ${this.paint(COLOURS.good)(safe(resolved))}`];
    const lines = [`  Severity ${alert.severity}, ${alert.status}`];
    if (alert.acknowledgedBy !== null) lines.push(`  Acknowledged by ${safe(alert.acknowledgedBy)}`);
    return lines;
  }

  private paint(code: number): Paint {
    return this.stream.isTTY === true ? (text) => `\u001b[${code}m${text}\u001b[0m` : (text) => text;
  }

  private print(lines: readonly string[]): void {
    this.stream.write(`${lines.join("\n")}\n`);
  }
}
