import { z } from "zod";
import type { Override } from "../alert/overrides.ts";
import { CATEGORIES } from "../anomaly/anomaly.ts";
import { DETECTORS } from "../anomaly/finding.ts";
import { nearest } from "../log/nearest.ts";
import type { Value } from "./values.ts";

const MAX_OVERRIDES = 200;
const MAX_BUDGET = 1_000;
const SUBJECTS: ReadonlySet<string> = new Set([...CATEGORIES, ...DETECTORS]);
const SHAPE = /^([^\s:=,]{1,255})(?::([a-z_]{1,40}))?=(shadow|\d{0,4}(?:\.\d{1,6})?)$/;

/** `checkout=0.5`, `*:new_pattern=shadow`; a complaint names the entry. */
function entry(text: string): Override | string {
  const [, service = "", subject, value = ""] = SHAPE.exec(text) ?? [];
  if (service === "" || value === "")
    return `${JSON.stringify(text)} must be SERVICE=NUMBER, SERVICE:CATEGORY=NUMBER, or =shadow`;
  if (subject !== undefined && !SUBJECTS.has(subject)) {
    const meant = nearest(subject, [...SUBJECTS]);
    return `${subject} is no category or detector${meant === null ? "" : `: did you mean ${meant}?`}`;
  }
  if (value === "shadow") return { service, subject: subject ?? null, value };
  const budget = Number(value);
  if (!(budget > 0) || budget > MAX_BUDGET)
    return `${JSON.stringify(text)}: a budget is above 0 and at most ${MAX_BUDGET}`;
  return { service, subject: subject ?? null, value: budget };
}

/** A list of overrides by comma, the first that fits a finding decides. */
export const overrideList: Value<readonly Override[]> = z.string().transform((text, context) => {
  const entries = text
    .split(/[\s,]+/)
    .filter((part) => part !== "")
    .map(entry);
  const complaints = entries.filter((one) => typeof one === "string");
  if (entries.length > MAX_OVERRIDES) complaints.push(`at most ${MAX_OVERRIDES} overrides`);
  if (complaints.length === 0) return entries.filter((one) => typeof one !== "string");
  context.addIssue({ code: "custom", message: complaints.join("; ") });
  return z.NEVER;
});
