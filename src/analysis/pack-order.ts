import type { Evidence } from "../alert/alert.ts";
import { loudAndEarly } from "../alert/loud-and-early.ts";

/** Kinds in the order they get a place, over and over: what began first, what was changed, and what links the two. */
const TURNS: readonly string[] = [
  "new_error",
  "change",
  "new_error",
  "new_warning",
  "onset_order",
  "service_missing",
  "exploded",
  "new_error",
  "change",
  "exception",
  "trace_link",
  "new_warning",
  "vanished_template",
  "service_appeared",
  "attribute",
  "change_summary",
  "error",
  "new_template",
];

const BEGUN: ReadonlySet<string> = new Set(["new_error", "new_warning", "exploded"]);

function onset({ firstSeenAtMs }: Evidence): number {
  return Number.isFinite(firstSeenAtMs) ? firstSeenAtMs : Infinity;
}

/** The evidence so that every beginning of it is as telling as it can be: no kind can crowd out another. */
export function inTurns(evidence: readonly Evidence[]): readonly Evidence[] {
  const queues = new Map<string, Evidence[]>();
  for (const item of evidence) {
    const kind = TURNS.includes(item.kind) ? item.kind : "new_error";
    queues.set(kind, [...(queues.get(kind) ?? []), item]);
  }
  for (const [kind, items] of queues) {
    if (BEGUN.has(kind)) queues.set(kind, [...loudAndEarly(items, ({ count }) => count, onset)]);
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
