import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { Change } from "./change.ts";
import { diffTraits, type DiffTraits } from "./diff.ts";
import { faultClassOf, isExternal, type FaultClass } from "./fault-class.ts";

/** What an incident looks like to a change: where, when and in which words. */
export interface ChangeScene {
  /** When it began, not when it was noticed. */
  readonly onsetMs: EpochMs;
  /** When it began in each service that shows anything new; absent: nothing is known of them apart. */
  readonly onsets?: ReadonlyMap<string, EpochMs>;
  /** Services by blame, the first the most. */
  readonly blamed: readonly string[];
  /** All that log. */
  readonly services: readonly string[];
  /** Templates that are new or exploded, the loudest first. */
  readonly symptoms: readonly string[];
}

export interface RankedChange {
  readonly change: Change;
  /** Any number: only the order and the distance to the next mean something. */
  readonly score: number;
  readonly because: readonly string[];
  /** When it took effect: with its deployment, where one names it. */
  readonly effectiveMs: EpochMs;
}

export interface ChangeRanking {
  readonly ranked: readonly RankedChange[];
  /** What speaks for no change at all, on the same scale. */
  readonly noneScore: number;
  readonly faultClass: FaultClass;
}

/** What each observation is worth. Set by judgement, not fitted; halving or doubling any of them changes little. */
export const CHANGE_WEIGHTS = {
  blamedService: 1.5,
  affectedService: 0.75,
  otherService: -1,
  deployed: 1.5,
  afterOnset: -4,
  recent: 1,
  valueChanged: 1,
  largeFactor: 1.25,
  guardRemoved: 1.5,
  reachesOut: 1.5,
  inert: -2,
  moved: -1.5,
  sameFlow: -1,
  additive: -0.75,
  dependencies: -1.25,
  words: 1.5,
  flag: -0.25,
  noDiff: -0.5,
  none: 2.25,
  external: 3,
};
export type ChangeWeights = Readonly<typeof CHANGE_WEIGHTS>;

/** What speaks for no change at all being the cause, on the scale of the changes' scores. */
export function noneScoreOf(
  faultClass: FaultClass,
  symptoms: readonly string[],
  weights: ChangeWeights = CHANGE_WEIGHTS,
): number {
  return weights.none + (isExternal(faultClass, symptoms) ? weights.external : 0);
}
const RECENT_MS = 60 * MINUTE_MS;
const LARGE_FACTOR = 4;
/** A record may stand a little before what caused it, by another machine's clock. */
const CLOCK_SLACK_MS = 5_000;

const INERT_FILE =
  /\.(?:md|mdx|txt|rst|css|scss|svg|png)$|(?:^|\/)(?:docs?|documentation|test|tests|testdata|__tests__|\.github|\.circleci)\/|(?:_test|\.test|\.spec|_fuzz_test)\.\w+$|(?:^|\/)(?:CODEOWNERS|LICENSE|README[^/]*|\.golangci\.yml|\.editorconfig|\.gitignore)$/i;
const LOCK_FILE =
  /(?:^|\/)(?:go\.(?:mod|sum)|package(?:-lock)?\.json|yarn\.lock|pnpm-lock\.yaml|requirements\.txt|poetry\.lock|Cargo\.(?:toml|lock)|Gemfile(?:\.lock)?|pom\.xml)$/;
const INERT_TITLE = /^(?:docs?|test|tests|style|ci)\b|^#(?:docs?|test|ci)\b|\btypo\b|\bgofmt\b|\blint/i;

const STOP: ReadonlySet<string> = new Set(
  "and are but code context config err error errors exit failed failure fail for from func function get has have http https import info int into log logs msg new nil not null package path pkg request response return self service services set src string test that the this time type use using var void warn was were will with main handler refactor chore feat fix simplify tidy num hex uuid".split(
    " ",
  ),
);

function stem(word: string): string {
  return word.replace(/(?:ations?|ions?|ings?|ed|es|s|ers?)$/, "");
}

/** Words of identifiers and sentences alike: camel case and snake case are split, endings go. */
export function vocabulary(text: string): Set<string> {
  const parts = text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
  return new Set(parts.filter((word) => word.length > 2 && !STOP.has(word)).map(stem));
}

function changedLines(diff: string | null): string {
  return (diff ?? "")
    .split("\n")
    .filter((line) => /^[+-](?![+-])/.test(line))
    .join(" ");
}

/** `payment` of `payment-service` and `paymentservice`: the part by which folders are called. */
function shortName(service: string): string {
  const bare = service
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "")
    .replace(/(?:service|svc|server|api|app|worker)$/, "");
  return bare === "" ? service.toLowerCase() : bare;
}

/** The service that a change belongs to: the one it names, else one whose name is a folder of its files. */
function serviceOf(change: Change, services: readonly string[]): string | null {
  if (change.service !== null) return change.service;
  const folders = new Set(
    change.files.flatMap((file) => file.toLowerCase().split("/").slice(0, -1)).map((part) => shortName(part)),
  );
  return services.find((service) => folders.has(shortName(service))) ?? null;
}

function sameService(a: string, b: string): boolean {
  return a === b || shortName(a) === shortName(b);
}

interface Weighed {
  readonly weight: number;
  readonly because: string | null;
}

function placeOf(service: string | null, scene: ChangeScene, weights: ChangeWeights): Weighed {
  if (service === null) return { weight: 0, because: null };
  const [first, ...others] = scene.blamed;
  if (first !== undefined && sameService(first, service))
    return { weight: weights.blamedService, because: `it is about ${service}, where it began` };
  if (others.some((other) => sameService(other, service)))
    return { weight: weights.affectedService, because: `it is about ${service}, which is affected` };
  return { weight: weights.otherService, because: null };
}

function minutesText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / MINUTE_MS));
  return minutes < 1 ? "less than a minute" : `${minutes} min`;
}

/** A change of a service is held against what began in that service: elsewhere something else may have begun before. */
function onsetFor(service: string | null, { onsetMs, onsets }: ChangeScene): EpochMs {
  const own = [...(onsets ?? [])].find(([other]) => service !== null && sameService(other, service));
  return Math.max(onsetMs, own?.[1] ?? onsetMs);
}

function timeOf({ effectiveMs, service }: Joined, scene: ChangeScene, weights: ChangeWeights): Weighed {
  const beforeMs = onsetFor(service, scene) - effectiveMs;
  if (beforeMs < -CLOCK_SLACK_MS) return { weight: weights.afterOnset, because: "it came after the onset" };
  return {
    weight: weights.recent / (1 + Math.max(beforeMs, 0) / RECENT_MS),
    because: `it took effect ${minutesText(beforeMs)} before the onset`,
  };
}

function inert(change: Change): boolean {
  const { files, title } = change;
  return (files.length > 0 && files.every((file) => INERT_FILE.test(file))) || INERT_TITLE.test(title);
}

function ofTraits(traits: DiffTraits, weights: ChangeWeights): Weighed[] {
  const { valueFactor, guardRemoved, reachesOut } = traits;
  if (traits.cosmetic || traits.onlyTells) return [{ weight: weights.inert, because: null }];
  const found: Weighed[] = [];
  if (valueFactor > 1) found.push({ weight: weights.valueChanged, because: "it changes a value" });
  if (valueFactor >= LARGE_FACTOR)
    found.push({ weight: weights.largeFactor, because: `by a factor of ${Math.round(valueFactor)}` });
  if (guardRemoved)
    found.push({ weight: weights.guardRemoved, because: "it removes a check, a limit or a wait" });
  if (reachesOut) found.push({ weight: weights.reachesOut, because: "it asks something outside more often" });
  if (found.length > 0) return found;
  if (traits.additive) return [{ weight: weights.additive, because: null }];
  return [{ weight: traits.moved ? weights.moved : weights.sameFlow, because: null }];
}

function natureOf(change: Change, weights: ChangeWeights): Weighed[] {
  if (inert(change)) return [{ weight: weights.inert, because: null }];
  const { files, diff, kind } = change;
  if (files.length > 0 && files.every((file) => LOCK_FILE.test(file)))
    return [{ weight: weights.dependencies, because: null }];
  if (kind === "flag") return [{ weight: weights.flag, because: null }];
  if (diff === null || diff === "") return [{ weight: weights.noDiff, because: null }];
  return ofTraits(diffTraits(diff), weights);
}

/** How rare each word is among the changes: a word of all of them says nothing. */
function rarity(documents: readonly ReadonlySet<string>[]): (word: string) => number {
  const counts = new Map<string, number>();
  for (const document of documents)
    for (const word of document) counts.set(word, (counts.get(word) ?? 0) + 1);
  return (word) => Math.log((1 + documents.length) / (1 + (counts.get(word) ?? 0)));
}

interface Joined {
  readonly change: Change;
  readonly effectiveMs: EpochMs;
  readonly deployed: boolean;
  readonly service: string | null;
}

/** A commit and the deployment that names it are one change, which took effect with the deployment. */
function join(changes: readonly Change[], services: readonly string[]): Joined[] {
  const commits = new Set(changes.filter(({ kind }) => kind === "commit").map(({ ref }) => ref));
  const deployments = new Map<string, Change>();
  for (const change of changes) {
    if (change.kind !== "deploy" || change.ref === null || !commits.has(change.ref)) continue;
    const known = deployments.get(change.ref);
    if (known === undefined || change.atMs < known.atMs) deployments.set(change.ref, change);
  }
  return changes
    .filter(({ kind, ref }) => kind !== "deploy" || ref === null || !deployments.has(ref))
    .map((change) => {
      const deployment = change.kind === "commit" ? deployments.get(change.ref ?? "") : undefined;
      return {
        change,
        effectiveMs: deployment?.atMs ?? change.atMs,
        deployed: deployment !== undefined || change.kind !== "commit",
        service: deployment?.service ?? serviceOf(change, services),
      };
    });
}

/** Changes by how well they would explain what is seen, and how well none of them would. Deterministic. */
export function rankChanges(
  changes: readonly Change[],
  scene: ChangeScene,
  weights: ChangeWeights = CHANGE_WEIGHTS,
): ChangeRanking {
  const joined = join(changes, scene.services);
  const documents = joined.map(({ change }) =>
    vocabulary(
      `${change.title} ${change.files.join(" ")} ${changedLines(change.diff)} ${change.diff === null ? (change.ref ?? "") : ""}`,
    ),
  );
  const rare = rarity(documents);
  const symptoms = vocabulary(scene.symptoms.join(" "));
  const overlaps = documents.map((document) => [...document].filter((word) => symptoms.has(word)));
  const sums = overlaps.map((shared) => shared.reduce((sum, word) => sum + rare(word), 0));
  const most = Math.max(...sums, 1e-9);
  const ranked = joined.map((one, i) =>
    weigh(one, scene, { shared: overlaps[i] ?? [], share: (sums[i] ?? 0) / most }, weights),
  );
  const faultClass = faultClassOf(scene.symptoms);
  return {
    ranked: ranked.toSorted(
      (a, b) => b.score - a.score || b.effectiveMs - a.effectiveMs || (a.change.id < b.change.id ? -1 : 1),
    ),
    noneScore: noneScoreOf(faultClass, scene.symptoms, weights),
    faultClass,
  };
}

function weigh(
  joined: Joined,
  scene: ChangeScene,
  words: { readonly shared: readonly string[]; readonly share: number },
  weights: ChangeWeights,
): RankedChange {
  const { change, effectiveMs, deployed, service } = joined;
  const weighed: Weighed[] = [
    timeOf(joined, scene, weights),
    placeOf(service, scene, weights),
    { weight: deployed ? weights.deployed : 0, because: null },
    ...natureOf(change, weights),
    {
      weight: weights.words * words.share,
      because:
        words.shared.length > 1
          ? `it shares words with the errors (${words.shared.slice(0, 4).join(", ")})`
          : null,
    },
  ];
  const score = weighed.reduce((sum, { weight }) => sum + weight, 0);
  return {
    change,
    effectiveMs,
    score: Math.round(score * 100) / 100,
    because: weighed.flatMap(({ because }) => (because === null ? [] : [because])),
  };
}
