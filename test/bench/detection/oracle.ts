import { FAULTS, type FaultEvent, type Measure } from "./workload/events.ts";
import type { Truth } from "./workload/generator.ts";
import type { ServiceProfile } from "./workload/service.ts";

/** A fault counts as detectable below this probability, judged over its whole length. */
export const ORACLE_P = 1e-6;
/** Records of a template never seen before that chance would explain. */
const EXPECTED_NOVEL = 0.05;
/** Bursts that generator B adds beside its noise, as a share of the mean. */
const HOSTILE_SD = 0.3;

/** Lanczos, g = 7, n = 9. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const; // prettier-ignore

export function logGamma(x: number): number {
  const t = x + 6.5;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] ?? 0) / (x - 1 + i);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Logarithm of the probability of `k` under a negative binomial of this mean and size. */
function logNb(k: number, mean: number, size: number): number {
  return (
    logGamma(k + size) -
    logGamma(size) -
    logGamma(k + 1) +
    size * Math.log(size / (size + mean)) +
    k * Math.log(mean / (size + mean))
  );
}

const MAX_TERMS = 20_000;

/**
 * P(X ≥ k) where `isUpper`, else P(X ≤ k), of a negative binomial with variance mean (1 + kappa) + phi mean². The
 * terms are summed from `k` outward, where they fall; written apart from the product's own tails on purpose.
 */
export function nbTail(k: number, mean: number, kappa: number, phi: number, isUpper: boolean): number {
  if (isUpper ? k <= mean : k >= mean) return 1;
  const size = mean / Math.max(1e-9, kappa + phi * mean);
  let term = Math.exp(logNb(k, mean, size));
  const odds = mean / (size + mean);
  let sum = 0;
  for (let i = 0; i < MAX_TERMS && term > 0; i++) {
    sum += term;
    if (term < sum * 1e-12) break;
    if (isUpper) {
      const at = k + i;
      term *= ((at + size) / (at + 1)) * odds;
    } else {
      const at = k - i;
      if (at <= 0) break;
      term *= at / ((at - 1 + size) * odds);
    }
  }
  return Math.min(1, sum);
}

/** Variance of the mean of exp(AR(1) noise) over a stretch: long stretches average it away. */
export function noiseVariance(sd: number, tauMin: number, minutes: number): number {
  const ratio = tauMin / Math.max(minutes, 1 / 6);
  return sd * sd * 2 * ratio * (1 - ratio * (1 - Math.exp(-1 / ratio)));
}

function tailOf(measure: Measure, truth: Truth, profile: ServiceProfile): number {
  const { noise, hostility, clusterSize } = profile;
  const hostile = hostility === "none" ? 0 : HOSTILE_SD;
  const phi = noiseVariance(noise.sd, noise.tauMin, truth.minutes) + noiseVariance(hostile, 5, truth.minutes);
  const kappa = hostility === "batched" ? 9 : 0;
  switch (measure) {
    case "more":
      return nbTail(truth.total, truth.expectedTotal, kappa, phi, true);
    case "less":
      return nbTail(truth.total, truth.expectedTotal, kappa, phi, false);
    case "errors":
      return nbTail(truth.errors, truth.expectedErrors, 2 * (clusterSize - 1), phi, true);
    case "warnings":
      return nbTail(truth.warnings, truth.expectedWarnings, kappa, phi, true);
    case "novel":
      return nbTail(truth.novel, EXPECTED_NOVEL, 0, 0, true);
  }
}

/** The smallest probability that everyday traffic explains the fault, over its services and measures. */
export function oracleP(
  fault: FaultEvent,
  truths: ReadonlyMap<number, Truth>,
  profiles: readonly ServiceProfile[],
): number {
  const tails = [...truths].flatMap(([service, truth]) => {
    const profile = profiles[service];
    if (profile === undefined) return [];
    return FAULTS[fault.kind].measures.map((measure) => tailOf(measure, truth, profile));
  });
  return Math.min(1, ...tails);
}

export function isDetectable(
  fault: FaultEvent,
  truths: ReadonlyMap<number, Truth>,
  profiles: readonly ServiceProfile[],
): boolean {
  return oracleP(fault, truths, profiles) < ORACLE_P;
}
