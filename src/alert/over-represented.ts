import type { ValueRecord } from "../window/value-sample.ts";

/** A value that what is looked at carries far more often than what it is compared with. */
export interface OverRepresented {
  /** `name=value`. */
  readonly value: string;
  /** Others that come with it, on all but the same records. */
  readonly also: readonly string[];
  readonly count: number;
  /** Of the records that carry the attribute. */
  readonly share: number;
  readonly usualShare: number;
  readonly ratio: number;
}

const MIN_COUNT = 5;
const MIN_SHARE = 0.05;
const MIN_RATIO = 2;
const MIN_COMPARED = 20;
const FALSE_DISCOVERY_RATE = 0.05;
/** An attribute with more values than this share of its records names the record, not a place. */
const MAX_DISTINCT_SHARE = 0.5;
/** Of what is looked at, the share of records that carry an attribute for it to be common to them. */
const MIN_CARRYING = 0.5;
const SAME_RECORDS = 0.9;
const MAX_STRENGTH = 100;

interface Counted {
  readonly records: Set<number>;
  others: number;
}

/** Of one attribute: its values, and the records that carry it. */
interface NameCounts {
  readonly distinct: Set<string>;
  looked: number;
  compared: number;
}

interface Candidate extends Omit<OverRepresented, "also"> {
  readonly records: ReadonlySet<number>;
  /** G of the two by two table. */
  readonly strength: number;
  /** Of those that are too many, the part that this value explains. */
  readonly coverage: number;
}

/**
 * Values over-represented in `looked` against `compared`: risk ratio with support (MacroBase), the G-test's p-values by
 * Benjamini–Hochberg over all values, ranked by how much of the difference each covers.
 */
export function overRepresented(
  looked: readonly ValueRecord[],
  compared: readonly ValueRecord[],
): readonly OverRepresented[] {
  if (looked.length < MIN_COUNT || compared.length < MIN_COMPARED) return [];
  const values = countValues(looked, compared);
  const names = countNames(looked, compared);
  const tests = [...values].flatMap(([value, counted]): Candidate[] => {
    const name = names.get(nameOf(value));
    return name === undefined || !isComparable(name, looked.length) ? [] : [candidate(value, counted, name)];
  });
  const candidates = tests.filter(
    ({ count, share, ratio }) => count >= MIN_COUNT && share >= MIN_SHARE && ratio >= MIN_RATIO,
  );
  return merged(
    discovered(candidates, tests.length).toSorted(
      (a, b) =>
        b.coverage - a.coverage ||
        Math.min(b.strength, MAX_STRENGTH) - Math.min(a.strength, MAX_STRENGTH) ||
        (a.value < b.value ? -1 : 1),
    ),
  );
}

function nameOf(value: string): string {
  return value.slice(0, value.indexOf("="));
}

function countValues(
  looked: readonly ValueRecord[],
  compared: readonly ValueRecord[],
): ReadonlyMap<string, Counted> {
  const counts = new Map<string, Counted>();
  for (const [i, { values }] of looked.entries()) {
    for (const value of values) {
      const known = counts.get(value);
      if (known === undefined) counts.set(value, { records: new Set([i]), others: 0 });
      else known.records.add(i);
    }
  }
  for (const { values } of compared) {
    for (const value of values) {
      const known = counts.get(value);
      if (known !== undefined) known.others += 1;
    }
  }
  return counts;
}

function countNames(
  looked: readonly ValueRecord[],
  compared: readonly ValueRecord[],
): ReadonlyMap<string, NameCounts> {
  const names = new Map<string, NameCounts>();
  for (const { values } of looked) {
    for (const value of values) {
      const name = nameOf(value);
      const known = names.get(name) ?? { distinct: new Set<string>(), looked: 0, compared: 0 };
      known.distinct.add(value);
      known.looked += 1;
      names.set(name, known);
    }
  }
  for (const { values } of compared) {
    for (const value of values) {
      const known = names.get(nameOf(value));
      if (known !== undefined) known.compared += 1;
    }
  }
  return names;
}

/** What only errors carry says what they are, not where they come from; what hardly ever repeats is an id. */
function isComparable({ distinct, looked, compared }: NameCounts, lookedInAll: number): boolean {
  return (
    looked >= MIN_CARRYING * lookedInAll &&
    compared >= MIN_COMPARED &&
    distinct.size <= MAX_DISTINCT_SHARE * looked
  );
}

function candidate(
  value: string,
  { records, others }: Counted,
  { looked: n1, compared: n0 }: NameCounts,
): Candidate {
  const k1 = records.size;
  const usualShare = others / n0;
  const excess = k1 - n1 * usualShare;
  return {
    value,
    count: k1,
    share: k1 / n1,
    usualShare,
    ratio: (k1 + 0.5) / (n1 + 1) / ((others + 0.5) / (n0 + 1)),
    records,
    strength: gOf(k1, n1, others, n0),
    coverage: excess / n1,
  };
}

/** Twice the log-likelihood ratio of one common share against two. */
function gOf(k1: number, n1: number, k0: number, n0: number): number {
  const p = (k1 + k0) / (n1 + n0);
  const term = (k: number, expected: number): number => (k === 0 ? 0 : k * Math.log(k / expected));
  return (
    2 * (term(k1, n1 * p) + term(n1 - k1, n1 * (1 - p)) + term(k0, n0 * p) + term(n0 - k0, n0 * (1 - p)))
  );
}

function discovered(candidates: readonly Candidate[], tests: number): readonly Candidate[] {
  const sorted = candidates.toSorted((a, b) => b.strength - a.strength);
  const last = sorted.findLastIndex(
    ({ strength }, i) => pOf(strength) <= (FALSE_DISCOVERY_RATE * (i + 1)) / tests,
  );
  return sorted.slice(0, last + 1);
}

/** Chi-squared with one degree of freedom, upper tail (Abramowitz and Stegun 7.1.26). */
function pOf(g: number): number {
  const x = Math.sqrt(Math.max(0, g) / 2);
  const t = 1 / (1 + 0.327_591_1 * x);
  const series =
    ((((1.061_405_429 * t - 1.453_152_027) * t + 1.421_413_741) * t - 0.284_496_736) * t + 0.254_829_592) * t;
  return series * Math.exp(-x * x);
}

/** Values on all but the same records are one finding: a pod, its host and its version. */
function merged(candidates: readonly Candidate[]): readonly OverRepresented[] {
  const groups: { readonly first: Candidate; readonly also: string[] }[] = [];
  for (const one of candidates) {
    const group = groups.find(({ first }) => jaccard(first.records, one.records) >= SAME_RECORDS);
    if (group === undefined) groups.push({ first: one, also: [] });
    else group.also.push(one.value);
  }
  return groups.map(({ first: { value, count, share, usualShare, ratio }, also }) => ({
    value,
    also,
    count,
    share,
    usualShare,
    ratio,
  }));
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let common = 0;
  for (const one of a) if (b.has(one)) common += 1;
  return common / (a.size + b.size - common);
}
