import type { Request, Response } from "express";
import type { Actor } from "../alert/event.ts";
import type { VerbOutcome } from "../alert/verbs.ts";
import { alertView } from "../alert/view.ts";
import { fail } from "./failure.ts";
import type { Read } from "./verb-body.ts";

export const API: Actor = { kind: "api", id: "api", name: "API" };

const ALERT_ID = /^[A-Za-z0-9_-]{1,64}$/;
export const NOT_FOUND = "there is no alert with this id";
export const NOTHING = "there is nothing with this id";
export const UNAVAILABLE = "the database is out of reach; try again soon";

/** Only what can be an id reaches the store. */
export function idOf(req: Request): string | null {
  const id = req.params["id"];
  return typeof id === "string" && ALERT_ID.test(id) ? id : null;
}

type Failed =
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "not_found" }
  | { readonly kind: "unavailable"; readonly message: string };

/** What could not be done, as HTTP says it. */
export function answerFailed(res: Response, outcome: Failed, notFound = NOTHING): void {
  if (outcome.kind === "refused") fail(res, "conflict", outcome.message);
  else if (outcome.kind === "not_found") fail(res, "not_found", notFound);
  else fail(res, "unavailable", outcome.message);
}

export function answerVerb(res: Response, outcome: VerbOutcome, doneStatus = 200): void {
  if (outcome.kind === "done") res.status(doneStatus).json(alertView(outcome.alert));
  else answerFailed(res, outcome, NOT_FOUND);
}

/** The value, or null after the answer that it is not what is expected. */
export function readOr400<T>(res: Response, read: Read<T>): { readonly value: T } | null {
  if (read.kind === "ok") return read;
  fail(res, "bad_request", read.message);
  return null;
}
