import { cpuSecondsOf } from "./cpu.ts";

const WARM_UP_ROUNDS = 2;
const ROUNDS = 7;
const CALLS_PER_ROUND = 24;

/** One step alone, in this process, on prepared requests of `records` each: records per CPU-second, by rounds. */
export function alone<T>(
  requests: readonly T[],
  records: number,
  step: (request: T) => unknown,
): readonly number[] {
  const rounds = Array.from({ length: WARM_UP_ROUNDS + ROUNDS }, () => {
    const usedS = cpuSecondsOf(() => {
      for (let i = 0; i < CALLS_PER_ROUND; i++) {
        const request = requests[i % requests.length];
        if (request !== undefined) step(request);
      }
    });
    return (CALLS_PER_ROUND * records) / usedS;
  });
  return rounds.slice(WARM_UP_ROUNDS);
}
