import { json, type Request, type RequestHandler } from "express";
import { z } from "zod";
import { CATEGORIES } from "../anomaly/anomaly.ts";
import { RATINGS, VERDICTS } from "../alert/alert.ts";
import type { MuteRequest, MuteTarget } from "../alert/mute.ts";
import { parseDuration } from "../log/duration.ts";
import { parseTime, type EpochMs } from "../log/time.ts";

const MAX_BODY_BYTES = 16 * 1_024;
const MAX_TEXT = 2_000;

/** Reads the small JSON body of a verb; no body counts as `{}`. */
export const verbBody: RequestHandler = json({ limit: MAX_BODY_BYTES, type: () => true });

const text = z.string().min(1).max(MAX_TEXT);
const span = z
  .string()
  .refine((value) => (parseDuration(value) ?? 0) > 0, "must be a duration such as 30m, 4h or 7d");
const time = z
  .string()
  .refine((value) => parseTime(value) !== null, "must be a time such as 2024-01-15T10:30:45Z");

export const snoozeBody = z.strictObject({
  for: span.optional(),
  until: time.optional(),
  off: z.literal(true).optional(),
});
export const assignBody = z.strictObject({ to: text.nullable() });
export const noteBody = z.strictObject({ text });
export const mergeBody = z.strictObject({
  into: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be an alert's id"),
});
export const analyzeBody = z.strictObject({ hint: text.optional() });
export const feedbackBody = z.strictObject({ rating: z.enum(RATINGS) });
export const verdictBody = z.strictObject({ verdict: z.enum(VERDICTS) });

export const targetBody = z.strictObject({
  service: text.optional(),
  category: z.enum(CATEGORIES).optional(),
  pattern: text.optional(),
  alert: text.optional(),
  environment: text.optional(),
});
export const muteBody = targetBody.extend({
  for: span.optional(),
  until: time.optional(),
  from: time.optional(),
  reason: text.optional(),
});

export type Read<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "bad"; readonly message: string };

function bad(message: string): { readonly kind: "bad"; readonly message: string } {
  return { kind: "bad", message };
}

/** The body as `schema` wants it, or a sentence about every field that is not so. */
export function bodyOf<T>(req: Request, schema: z.ZodType<T>): Read<T> {
  const parsed = schema.safeParse(req.body ?? {});
  if (parsed.success) return { kind: "ok", value: parsed.data };
  const complaints = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  return bad(complaints.join("; "));
}

interface Until {
  readonly for?: string | undefined;
  readonly until?: string | undefined;
}

/** `for` counts from `fromMs`. */
export function untilOf(body: Until, fromMs: EpochMs): Read<EpochMs> {
  if ((body.for === undefined) === (body.until === undefined)) return bad("give either for or until");
  const spanMs = body.for === undefined ? null : parseDuration(body.for);
  const untilMs = spanMs === null ? parseTime(body.until) : fromMs + spanMs;
  return untilMs === null ? bad("until must be a time") : { kind: "ok", value: untilMs };
}

export function targetOf(body: z.infer<typeof targetBody>): Read<MuteTarget> {
  const { environment = null, service, category, pattern, alert } = body;
  const named = Object.entries({ service, category, pattern, alert }).flatMap(([kind, value]) =>
    value === undefined ? [] : [{ kind: kind as MuteTarget["kind"], value, environment }],
  );
  const [target] = named;
  if (target === undefined || named.length > 1) return bad("name one of service, category, pattern or alert");
  return { kind: "ok", value: target };
}

export function muteRequestOf(body: z.infer<typeof muteBody>, nowMs: EpochMs): Read<MuteRequest> {
  const { for: forSpan, until, from, reason = null, ...rest } = body;
  const target = targetOf(rest);
  if (target.kind === "bad") return target;
  const startsAtMs = from === undefined ? null : parseTime(from);
  const end = untilOf({ for: forSpan, until }, startsAtMs ?? nowMs);
  if (end.kind === "bad") return end;
  return { kind: "ok", value: { target: target.value, startsAtMs, untilMs: end.value, reason } };
}
