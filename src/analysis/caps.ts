import type { CauseVerdict } from "../alert/report.ts";

/** What code found out about an answer; each of these bounds how sure it may be called. */
export interface Grounds {
  readonly claimed: number;
  readonly verdict: CauseVerdict;
  readonly quotes: { readonly checked: number; readonly verified: number };
  /** Ids that do not exist. */
  readonly invented: number;
  /** Distinct items behind verified quotes. */
  readonly witnesses: number;
  readonly unverifiedNumbers: number;
  readonly componentKnown: boolean;
  /** The named change is none of those shown. */
  readonly changeUnknown: boolean;
  /** Counting sees the beginning elsewhere. */
  readonly againstOnset: boolean;
  readonly shownShare: number;
}

export interface Sureness {
  /** 0 to 0.95. */
  readonly confidence: number;
  readonly because: readonly string[];
}

const MAX_CONFIDENCE = 0.95;

type Cap = readonly [applies: boolean, most: number, because: string];

function capsOf(grounds: Grounds): readonly Cap[] {
  const { quotes, verdict, witnesses, invented } = grounds;
  const failed = quotes.checked - quotes.verified;
  return [
    [quotes.verified === 0, 0.2, "no quote could be verified"],
    [quotes.verified > 0 && failed > 0, 0.6, `${failed} of ${quotes.checked} quotes are not in the evidence`],
    [invented > 0, 0.6, `it cites ${invented} evidence items that do not exist`],
    [witnesses === 1, 0.7, "one item alone supports it"],
    [grounds.unverifiedNumbers > 0, 0.6, "it names numbers that are not in the evidence"],
    [!grounds.componentKnown, 0.5, "it names no service of the alert"],
    [grounds.changeUnknown, 0.6, "it names a change that is not known"],
    [grounds.againstOnset, 0.6, "by counting it began elsewhere"],
    [grounds.shownShare < 0.5, 0.85, "less than half of the evidence could be shown"],
    [verdict === "inconclusive", 0.3, "the analysis calls itself inconclusive"],
    [verdict === "probable", 0.79, "the analysis calls it probable, not certain"],
  ];
}

/** The claimed confidence under every cap that applies, with the reasons people read. */
export function sureness(grounds: Grounds): Sureness {
  const claimed = Number.isFinite(grounds.claimed) ? Math.min(Math.max(grounds.claimed, 0), 1) : 0;
  const applied = capsOf(grounds).filter(([applies]) => applies);
  const most = Math.min(MAX_CONFIDENCE, ...applied.map(([, cap]) => cap));
  const { checked, verified } = grounds.quotes;
  return {
    confidence: Math.round(Math.min(claimed, most) * 100) / 100,
    because: [`${verified} of ${checked} quotes verified`, ...applied.map(([, , because]) => because)],
  };
}
