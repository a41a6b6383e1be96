import type { Evidence } from "./alert.ts";

/** Bounds what is kept beside the newest. */
const MAX_KEPT = 40;

function identity({ kind, service, template, change }: Evidence): string {
  return JSON.stringify([kind, service, template, change?.ref ?? null]);
}

function numberOf({ id }: Evidence): number {
  return Number(id.slice(1)) || 0;
}

/**
 * The newest evidence, in which what was known keeps its id and what is `cited` stays: an analysis names evidence by
 * id, and must go on naming the same.
 */
export function withKnownIds(
  known: readonly Evidence[],
  newest: readonly Evidence[],
  cited: ReadonlySet<string>,
): readonly Evidence[] {
  if (known.length === 0) return newest;
  const ids = new Map(known.map((item) => [identity(item), item.id]));
  let last = Math.max(...known.map(numberOf));
  const shown = newest.map((item) => ({ ...item, id: ids.get(identity(item)) ?? `E${(last += 1)}` }));
  const there = new Set(shown.map(({ id }) => id));
  const kept = known.filter(({ id }) => cited.has(id) && !there.has(id));
  return [...shown, ...kept.slice(0, MAX_KEPT)];
}
