import type { Evidence } from "../alert/alert.ts";
import { lasting, loudAndEarly } from "../alert/loud-and-early.ts";

/** What came once or twice where something else has lasted: seldom the cause, but it may be. */
const ONCE = "once";

/** Kinds in the order they get a place, over and over: what began first, what was changed, and what links the two. */
const TURNS: readonly string[] = [
  "new_error",
  "change",
  "new_error",
  "new_warning",
  "onset_order",
  ONCE,
  "service_missing",
  "rare_error",
  "exploded",
  "new_error",
  "change",
  "exception",
  "trace_link",
  "new_warning",
  "vanished_template",
  "service_appeared",
  "attribute",
  "deployment",
  "change_summary",
  ONCE,
  "error",
  "new_template",
];

const BEGUN: ReadonlySet<string> = new Set(["new_error", "new_warning", "exploded", "rare_error"]);

function onset({ firstSeenAtMs }: Evidence): number {
  return Number.isFinite(firstSeenAtMs) ? firstSeenAtMs : Infinity;
}

/** The evidence so that every beginning of it is as telling as it can be: no kind can crowd out another. */
export function inTurns(evidence: readonly Evidence[]): readonly Evidence[] {
  const queues = new Map<string, Evidence[]>();
  const begun = evidence.filter(({ kind }) => BEGUN.has(kind));
  const lasted = new Set(lasting(begun, ({ count }) => count));
  for (const item of evidence) {
    const known = TURNS.includes(item.kind) ? item.kind : "new_error";
    const kind = BEGUN.has(item.kind) && !lasted.has(item) ? ONCE : known;
    queues.set(kind, [...(queues.get(kind) ?? []), item]);
  }
  for (const [kind, items] of queues) {
    if (kind === ONCE || BEGUN.has(kind))
      queues.set(kind, [...loudAndEarly(items, ({ count }) => count, onset)]);
  }
  const ordered: Evidence[] = [];
  while (ordered.length < evidence.length) {
    for (const kind of TURNS) {
      const next = queues.get(kind)?.shift();
      if (next !== undefined) ordered.push(next);
    }
  }
  return ordered;
}
