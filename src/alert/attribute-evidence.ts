import type { EpochMs } from "../log/time.ts";
import type { RecentRecords } from "../window/recent.ts";
import type { Evidence } from "./alert.ts";

const MAX_ATTRIBUTES = 4;
const MIN_ATTRIBUTE_COUNT = 5;
const MAX_DISTINCT = 30;
const MIN_ATTRIBUTE_SHARE = 0.6;
const MIN_ATTRIBUTE_LIFT = 2;

/** Attribute values that stand on warnings and errors far more often than elsewhere. */
export function attributeEvidence(
  recent: RecentRecords,
  environment: string,
  fromMs: EpochMs,
): Omit<Evidence, "id">[] {
  const found: { readonly item: Omit<Evidence, "id">; readonly lift: number }[] = [];
  for (const [service, byName] of recent.attributes(environment)) {
    for (const [name, { loud, quiet, values }] of byName) {
      // A value of nearly every record its own says nothing of what errors share.
      if (values.size >= MAX_DISTINCT) continue;
      for (const [value, counts] of values) {
        const share = counts.loud / Math.max(loud, 1);
        const lift = share / ((counts.quiet + 1) / (quiet + 2));
        if (counts.loud < MIN_ATTRIBUTE_COUNT || share < MIN_ATTRIBUTE_SHARE || lift < MIN_ATTRIBUTE_LIFT)
          continue;
        const text = `${name}=${value}`;
        const note = `on ${Math.round(share * 100)} % of the errors of ${service}, ${Math.round((counts.quiet / Math.max(quiet, 1)) * 100)} % of its other records`;
        found.push({
          lift,
          item: {
            kind: "attribute",
            service,
            template: text,
            count: counts.loud,
            firstSeenAtMs: fromMs,
            examples: [],
            note,
          },
        });
      }
    }
  }
  return found
    .toSorted((a, b) => b.lift - a.lift || b.item.count - a.item.count)
    .slice(0, MAX_ATTRIBUTES)
    .map(({ item }) => item);
}
