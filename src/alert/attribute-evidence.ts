import { percent } from "../anomaly/words.ts";
import type { EpochMs } from "../log/time.ts";
import type { RecentRecords } from "../window/recent.ts";
import type { ValueRecord } from "../window/value-sample.ts";
import type { Evidence } from "./alert.ts";
import { overRepresented, type OverRepresented } from "./over-represented.ts";

const MAX_ATTRIBUTES = 4;
const MAX_PER_SERVICE = 2;
const MAX_ALSO = 3;
/** So many errors in the window are what is to be explained; with fewer, all of its records are. */
const MIN_ERRORS = 5;

type Item = Omit<Evidence, "id">;

/**
 * Values that stand on what is wrong in the window far more often than on a service's records otherwise. Of a service
 * that hardly errs, all records are looked at, and only where it is one of `focus`.
 */
export function attributeEvidence(
  recent: RecentRecords,
  environment: string,
  fromMs: EpochMs,
  focus: ReadonlySet<string>,
): Item[] {
  const found: { readonly item: Item; readonly share: number }[] = [];
  for (const [service, sample] of recent.values(environment)) {
    const all = [...sample];
    const errors = all.filter(({ isError, timeMs }) => isError && timeMs >= fromMs);
    const erring = errors.length >= MIN_ERRORS;
    if (!erring && !focus.has(service)) continue;
    const looked = erring ? errors : all.filter(({ timeMs }) => timeMs >= fromMs);
    const compared = all.filter((record) => (erring ? !record.isError : record.timeMs < fromMs));
    const items = overRepresented(looked, compared)
      .slice(0, MAX_PER_SERVICE)
      .map((one) => itemOf(one, { service, fromMs, erring, looked, redact: recent.redact }));
    found.push(...items);
  }
  return found
    .toSorted((a, b) => b.share - a.share || b.item.count - a.item.count)
    .slice(0, MAX_ATTRIBUTES)
    .map(({ item }) => item);
}

interface Around {
  readonly service: string;
  readonly fromMs: EpochMs;
  readonly erring: boolean;
  readonly looked: readonly ValueRecord[];
  readonly redact: (text: string) => string;
}

function itemOf(
  { value, also, count, share, usualShare, ratio }: OverRepresented,
  { service, fromMs, erring, looked, redact }: Around,
): { readonly item: Item; readonly share: number } {
  const of = erring ? "the errors" : "the records";
  const against = erring ? "its other records" : "its records before";
  const times = usualShare === 0 ? "" : `, ${ratio.toFixed(ratio < 10 ? 1 : 0)} times as often`;
  const with_ = also.length === 0 ? "" : `; with ${also.slice(0, MAX_ALSO).map(redact).join(", ")}`;
  const firstMs = Math.min(
    ...looked.filter(({ values }) => values.includes(value)).map(({ timeMs }) => timeMs),
  );
  const item: Item = {
    kind: "attribute",
    service,
    template: redact(value),
    count,
    firstSeenAtMs: Number.isFinite(firstMs) ? firstMs : fromMs,
    examples: [],
    note: `on ${percent(share)} of ${of} of ${service} in the window, ${percent(usualShare)} of ${against}${times}${with_}`,
  };
  return { item, share };
}
