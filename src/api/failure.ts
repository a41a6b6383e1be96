import type { Response } from "express";

export const FAILURE_CODES = [
  "bad_request",
  "invalid_json",
  "unauthorized",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "conflict",
  "payload_too_large",
  "unsupported_media_type",
  "internal",
  "overloaded",
  "unavailable",
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

const STATUS: Readonly<Record<FailureCode, number>> = {
  bad_request: 400,
  invalid_json: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  internal: 500,
  overloaded: 503,
  unavailable: 503,
};

/** Long enough for a database to come back, short enough for a person to wait. */
export const RETRY_AFTER_S = 5;

/** Answers `{"error":{"code","message"}}`; `message` is for people and repeats nothing that was received. */
export function fail(
  res: Response,
  code: FailureCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const status = STATUS[code];
  if (status === 503 && headers["Retry-After"] === undefined) res.set("Retry-After", String(RETRY_AFTER_S));
  res.locals["failure"] = code;
  res.status(status).set(headers).json({ error: { code, message } });
}

/** The code that this response failed with; null where it did not. */
export function failureOf(res: Response): FailureCode | null {
  const code: unknown = res.locals["failure"];
  return FAILURE_CODES.find((known) => known === code) ?? null;
}
