import type { Actor } from "../../src/alert/event.ts";
import type { AlertRepository } from "../../src/alert/repository.ts";
import type { VerbOutcome } from "../../src/alert/verbs.ts";
import { LifeOffice } from "./life-office.ts";
import { ALICE } from "./sample-alert.ts";

export const BOB: Actor = { kind: "slack", id: "U02", name: "bob" };

/** The two endings that are right: both were in time, or Alice hears that Bob was first. */
export const ACKNOWLEDGED_FIRST =
  "alice: done, bob: done, stored: acknowledged by alice, resolved by bob, v3";
export const RESOLVED_FIRST =
  "alice: bob was first, bob: done, stored: acknowledged by nobody, resolved by bob, v2";

function told(outcome: VerbOutcome | undefined): string {
  if (outcome?.kind !== "refused") return outcome?.kind ?? "nothing";
  return `${outcome.won?.by ?? "nobody"} was first`;
}

/** Alice acknowledges while Bob resolves: what each was told, and what is stored. */
async function raceOnce(repository: AlertRepository, round: number): Promise<string> {
  const made = new LifeOffice(repository);
  const alert = await made.open({ id: `anom_race_${round}`, environment: `race-${round}` });
  // Both from one process, or each from a process of its own; either may be first.
  const other = round % 2 === 0 ? made : new LifeOffice(repository);
  const acknowledge = (): Promise<VerbOutcome> => made.verbs.acknowledge(alert.id, ALICE);
  const resolve = (): Promise<VerbOutcome> => other.verbs.resolve(alert.id, BOB);
  const swapped = round % 4 > 1;
  const asked = swapped ? [resolve(), acknowledge()] : [acknowledge(), resolve()];
  const answers = await Promise.all(asked);
  const [alice, bob] = swapped ? answers.toReversed() : answers;
  const { acknowledgedBy, resolvedBy, version } = await made.stored(alert.id);
  const stored = `acknowledged by ${acknowledgedBy ?? "nobody"}, resolved by ${resolvedBy ?? "nobody"}, v${version}`;
  return `alice: ${told(alice)}, bob: ${told(bob)}, stored: ${stored}`;
}

/** The endings that were seen in `rounds` races. */
export async function races(rounds: number, open: () => AlertRepository): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let round = 0; round < rounds; round++) seen.add(await raceOnce(open(), round));
  return seen;
}
