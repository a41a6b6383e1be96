/** One kind among several: how often now, and how often by what was learnt. */
export interface Share {
  readonly observed: number;
  readonly learnt: number;
}

export interface MixChange<S extends Share> {
  readonly total: number;
  readonly learnt: number;
  /** −log10 of the chance of a mix so far off while the shares are as learnt. */
  readonly surprise: number;
  /** Jensen–Shannon, in bits: 0 for the same mix, 1 for nothing in common. */
  readonly divergence: number;
  /** The kind that has grown the most; null where none has. */
  readonly most: S | null;
}

/** What a kind counts for that was never learnt (Dirichlet). */
const PRIOR = 0.5;

/**
 * A mix of kinds against the learnt one: G-test, its statistic divided by `clustering` (records that come together), and
 * Jensen–Shannon divergence.
 */
export function mixChange<S extends Share>(kinds: readonly S[], clustering: number): MixChange<S> {
  const total = kinds.reduce((sum, { observed }) => sum + observed, 0);
  const learnt = kinds.reduce((sum, kind) => sum + kind.learnt, 0);
  const known = learnt + PRIOR * kinds.length;
  let g = 0;
  let divergence = 0;
  let most: S | null = null;
  let mostGrown = 0;
  for (const kind of kinds) {
    const p = (kind.learnt + PRIOR) / known;
    const q = kind.observed / Math.max(total, 1);
    if (kind.observed > 0) g += 2 * kind.observed * Math.log(q / p);
    divergence += (partOf(p, (p + q) / 2) + partOf(q, (p + q) / 2)) / 2;
    if (q - p <= mostGrown) continue;
    mostGrown = q - p;
    most = kind;
  }
  const surprise = kinds.length < 2 ? 0 : surpriseOf(Math.max(0, g) / clustering, kinds.length - 1);
  return { total, learnt, surprise, divergence, most };
}

function partOf(share: number, mean: number): number {
  return share === 0 ? 0 : share * Math.log2(share / mean);
}

/** −log10 of the upper tail of chi-squared (Wilson and Hilferty's cube root, then the normal tail). */
function surpriseOf(chi: number, freedom: number): number {
  const spread = 2 / (9 * freedom);
  const z = (Math.cbrt(chi / freedom) - 1 + spread) / Math.sqrt(spread);
  if (z < 1) return 0;
  // Mills' ratio, within two percent from z = 1 on.
  const tail =
    (z * z) / 2 + Math.log(Math.sqrt(2 * Math.PI)) + Math.log((z + Math.sqrt(z * z + 8 / Math.PI)) / 2);
  return tail / Math.LN10;
}
