import type { PatternState } from "../baseline/pattern-model.ts";
import type { Recent } from "./rare-error-state.ts";

/** Rare errors this many steps apart belong together. */
export const CLUSTER_STEPS = 2;
/** What an error that is all but usual tells: the first counts whole, each further one by what it adds to this. */
export const COMPANY = 0.7;
/** One pattern tells at most this much by being rare, and at most as much again by coming repeatedly. */
const MAX_RARE = 3;
const MAX_REPEATED = 1;
const PER_REPETITION = 0.2;
const FATAL_BONUS = 2;
/** What an error tells less when it stayed alone before: once here, or several times in other services. */
const DOUBT = 0.6;
const DOUBT_ELSEWHERE = 1;
const MANY_ELSEWHERE = 3;

/** −log10 of the chance of at least one within a cluster's time, at this rate per step. */
export function surpriseOf(rate: number): number {
  return Math.min(MAX_RARE, -Math.log10(1 - Math.exp(-rate * CLUSTER_STEPS)));
}

/** What stayed alone before, here or in other services, will again. */
export function doubtOf({ alone, forgiven }: PatternState, elsewhere: number): number {
  const here = Math.max(0, alone - forgiven);
  return Math.max(DOUBT * Math.min(1, here), DOUBT_ELSEWHERE * Math.min(1, elsewhere / MANY_ELSEWHERE));
}

/** How much one episode speaks for something being wrong. */
export function tells({ rare, count: n, fatal }: Recent): number {
  const repeated = Math.min(MAX_REPEATED, PER_REPETITION * (n - 1));
  return rare + repeated * Math.max(0, 2 * rare - 2 * COMPANY) + (fatal ? FATAL_BONUS : 0);
}

/** What began early, and was no news then, is none because it goes on. */
export function isOld({ early, told, fatal, step }: Recent, now: number): boolean {
  return early && !told && !fatal && now - step > CLUSTER_STEPS;
}
