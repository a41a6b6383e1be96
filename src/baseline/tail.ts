const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const HALF_LN_TWO_PI = 0.9189385332046727;

/** ln Γ(x) for x > 0 (Lanczos, g = 7, n = 9). */
export function lnGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x);
  let sum = LANCZOS[0] ?? 0;
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] ?? 0) / (x - 1 + i);
  const t = x + 6.5;
  return HALF_LN_TWO_PI + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const MAX_TERMS = 500;
const TINY = 1e-300;
const PRECISION = 1e-13;

/** The continued fraction of the incomplete beta function by modified Lentz (Numerical Recipes, 6.4). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < TINY ? TINY : d);
  let fraction = d;
  for (let m = 1; m <= MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return fraction;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** ln I_x(a, b), the regularised incomplete beta function; `y` is 1 − x, given apart because x may be all but 1. */
export function lnIncompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) return -Infinity;
  if (y <= 0) return 0;
  const front = a * Math.log(x) + b * Math.log(y) + lnGamma(a + b) - lnGamma(a) - lnGamma(b);
  if (x < (a + 1) / (a + b + 2)) return front + Math.log(betaFraction(x, a, b) / a);
  const rest = Math.exp(front) * (betaFraction(y, b, a) / b);
  return rest >= 1 ? -Infinity : Math.log1p(-rest);
}

/** How much more than Poisson a count varies: var = mu (1 + kappa) + phi mu². */
export interface Spread {
  readonly kappa: number;
  readonly phi: number;
}

/** Below this the negative binomial is as good as Poisson, and its size parameter would overflow. */
const MIN_EXCESS = 1e-6;

function sizeOf(mu: number, { kappa, phi }: Spread): number {
  return mu / Math.max(kappa + phi * mu, MIN_EXCESS);
}

/** −log10 P(X ≥ count) of a negative binomial with this mean and spread. */
export function surpriseAbove(count: number, mu: number, spread: Spread): number {
  if (count <= 0) return 0;
  if (mu <= 0) return Infinity;
  const r = sizeOf(mu, spread);
  return -lnIncompleteBeta(mu / (r + mu), r / (r + mu), count, r) / Math.LN10;
}

/** −log10 P(X ≤ count) of the same. */
export function surpriseBelow(count: number, mu: number, spread: Spread): number {
  if (mu <= 0) return 0;
  const r = sizeOf(mu, spread);
  if (count <= 0) return (r * Math.log1p(mu / r)) / Math.LN10;
  return -lnIncompleteBeta(r / (r + mu), mu / (r + mu), r, count + 1) / Math.LN10;
}

/** −log10 P(X ≥ count) of `trials` tries that succeed with probability `p`. */
export function binomialSurprise(count: number, trials: number, p: number): number {
  if (count <= 0 || p >= 1) return 0;
  if (p <= 0) return Infinity;
  return -lnIncompleteBeta(p, 1 - p, count, trials - count + 1) / Math.LN10;
}
