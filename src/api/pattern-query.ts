import { z } from "zod";
import { MAX_NAME_LENGTH } from "../log/series.ts";

export const DEFAULT_PATTERNS = 50;
export const MAX_PATTERNS = 500;
/** Further pages are refused: a service's patterns are bounded well below. */
export const MAX_OFFSET = 1_000_000;

export const PATTERN_SORTS = ["count", "rate", "last_seen", "first_seen"] as const;
export type PatternSort = (typeof PATTERN_SORTS)[number];

export interface PatternQuery {
  /** null: of all environments. */
  readonly environment: string | null;
  /** null: of all namespaces. */
  readonly namespace: string | null;
  readonly sort: PatternSort;
  readonly limit: number;
  readonly offset: number;
}

function wholeNumber(name: string, min: number, max: number) {
  const complaint = `${name} must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,7}$/, complaint)
    .transform(Number)
    .refine((value) => value >= min && value <= max, complaint)
    .optional();
}

function name(what: string) {
  return z
    .string()
    .max(MAX_NAME_LENGTH, `${what} must be at most ${MAX_NAME_LENGTH} characters long`)
    .optional();
}

const querySchema = z.strictObject(
  {
    environment: name("environment"),
    namespace: name("namespace"),
    sort: z.enum(PATTERN_SORTS, `sort must be one of ${PATTERN_SORTS.join(", ")}`).optional(),
    limit: wholeNumber("limit", 1, MAX_PATTERNS),
    offset: wholeNumber("offset", 0, MAX_OFFSET),
  },
  "unknown parameter; known are environment, namespace, sort, limit, offset",
);

export type ParsedPatternQuery =
  | { readonly kind: "ok"; readonly query: PatternQuery }
  | { readonly kind: "invalid"; readonly message: string };

/** The parameters of `/services/:service/patterns`; an empty one counts as not given. */
export function parsePatternQuery(search: URLSearchParams): ParsedPatternQuery {
  for (const key of search.keys()) {
    if (search.getAll(key).length > 1)
      return { kind: "invalid", message: "a parameter is given more than once" };
  }
  const parsed = querySchema.safeParse(Object.fromEntries([...search].filter(([, value]) => value !== "")));
  if (!parsed.success)
    return { kind: "invalid", message: parsed.error.issues.map((issue) => issue.message).join("; ") };
  const {
    environment = null,
    namespace = null,
    sort = "count",
    limit = DEFAULT_PATTERNS,
    offset = 0,
  } = parsed.data;
  return { kind: "ok", query: { environment, namespace, sort, limit, offset } };
}
