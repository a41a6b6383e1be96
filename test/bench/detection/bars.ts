/** One requirement: what must be reached, and what is hoped for. */
export interface Bar {
  readonly name: string;
  readonly better: "higher" | "lower";
  readonly gate: number;
  readonly ambition: number;
  readonly value: number;
  /** Where the value is from: counts, an interval. */
  readonly from: string;
}

export type Verdict = "ambition" | "gate" | "MISSED" | "not measured";

export function verdictOf({ better, gate, ambition, value }: Bar): Verdict {
  if (Number.isNaN(value)) return "not measured";
  const reaches = (bound: number): boolean => (better === "higher" ? value >= bound : value <= bound);
  if (reaches(ambition)) return "ambition";
  return reaches(gate) ? "gate" : "MISSED";
}
