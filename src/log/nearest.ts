/** Edits between two words: insert, delete, replace, swap of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** A name longer than this is nobody's typing error. */
const MAX_LENGTH = 64;

function comparable(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("-", "_")
    .replace(/^tocsin_/, "");
}

/** `channel` is meant by who knows `slack_channel`. */
function containsWords(candidate: string, wanted: string): boolean {
  const words = new Set(candidate.split("_"));
  const parts = wanted.split("_").filter((part) => part !== "");
  return parts.length > 0 && parts.every((part) => words.has(part));
}

/** The candidate that was most likely meant: at most a third of its letters off. Null where none is near. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  if (name.length > MAX_LENGTH) return null;
  const wanted = comparable(name);
  let best: { readonly candidate: string; readonly distance: number } | null = null;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, comparable(candidate));
    const allowed = Math.max(1, Math.floor(comparable(candidate).length / 3));
    if (distance <= allowed && (best === null || distance < best.distance)) best = { candidate, distance };
  }
  if (best !== null) return best.candidate;
  return candidates.find((candidate) => containsWords(comparable(candidate), wanted)) ?? null;
}
