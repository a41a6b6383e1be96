import { z } from "zod";
import { STATUSES } from "../alert/alert.ts";
import type { AlertQuery } from "../alert/repository.ts";
import { CATEGORIES, SEVERITIES } from "../anomaly/anomaly.ts";
import { MAX_NAME_LENGTH } from "../log/series.ts";

export const DEFAULT_LIMIT = 10;
export const MAX_LIMIT = 200;

const LIMIT_COMPLAINT = `limit must be a whole number from 1 to ${MAX_LIMIT}`;

const querySchema = z.object({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, LIMIT_COMPLAINT)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MAX_LIMIT, LIMIT_COMPLAINT)
    .optional(),
  severity: z.enum(SEVERITIES, `severity must be one of ${SEVERITIES.join(", ")}`).optional(),
  category: z.enum(CATEGORIES, `category must be one of ${CATEGORIES.join(", ")}`).optional(),
  service: z
    .string()
    .max(MAX_NAME_LENGTH, `service must be at most ${MAX_NAME_LENGTH} characters long`)
    .optional(),
  status: z.enum(STATUSES, `status must be one of ${STATUSES.join(", ")}`).optional(),
});

export type ParsedQuery =
  | { readonly kind: "ok"; readonly query: AlertQuery }
  | { readonly kind: "invalid"; readonly message: string };

const KNOWN = Object.keys(querySchema.shape);

function complaint(search: URLSearchParams): string | null {
  for (const name of search.keys()) {
    if (!KNOWN.includes(name)) return `unknown parameter; known are ${KNOWN.join(", ")}`;
    if (search.getAll(name).length > 1) return `${name} is given more than once`;
  }
  return null;
}

/** The parameters of `/alerts/recent`; an empty one counts as not given. */
export function parseAlertQuery(search: URLSearchParams): ParsedQuery {
  const message = complaint(search);
  if (message !== null) return { kind: "invalid", message };
  const given = [...search].filter(([, value]) => value !== "");
  const parsed = querySchema.safeParse(Object.fromEntries(given));
  if (!parsed.success)
    return { kind: "invalid", message: parsed.error.issues.map((issue) => issue.message).join("; ") };
  const { limit = DEFAULT_LIMIT, severity, category, service, status } = parsed.data;
  return {
    kind: "ok",
    query: {
      limit,
      ...(severity === undefined ? {} : { severity }),
      ...(category === undefined ? {} : { category }),
      ...(service === undefined ? {} : { service }),
      ...(status === undefined ? {} : { status }),
    },
  };
}
