import { SWEEP, type MinuteCounts, type Peer, type Scorer } from "./peer.ts";

/** The trivial rule: any error is an alert, then quiet for 15 minutes. Thresholds are errors per minute. */
class AnyErrorScorer implements Scorer {
  push({ errors }: MinuteCounts): number {
    return errors;
  }
}

export const anyError: Peer = {
  name: "any ERROR, 15 min cooldown",
  scorer: () => new AnyErrorScorer(),
  thresholds: SWEEP.concat(50),
};
