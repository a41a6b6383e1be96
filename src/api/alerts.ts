import type { RequestHandler } from "express";
import type { Actor } from "../alert/event.ts";
import type { AlertVerbs, VerbOutcome } from "../alert/verbs.ts";
import { alertView } from "../alert/view.ts";
import { parseAlertQuery } from "./alert-query.ts";
import { eventView } from "./event-view.ts";
import { answerVerb, API, idOf, NOT_FOUND, readOr400, UNAVAILABLE } from "./answers.ts";
import { fail } from "./failure.ts";
import type { Route } from "./route.ts";
import { analyzeBody, bodyOf, verbBody } from "./verb-body.ts";

function recent(verbs: AlertVerbs): RequestHandler {
  return async (req, res) => {
    const parsed = parseAlertQuery(new URL(req.originalUrl, "http://tocsin").searchParams);
    if (parsed.kind === "invalid") {
      fail(res, "bad_request", parsed.message);
      return;
    }
    const alerts = await verbs.recent(parsed.query);
    if (alerts === "unavailable") fail(res, "unavailable", UNAVAILABLE);
    else res.json({ alerts: alerts.map(alertView) });
  };
}

function one(verbs: AlertVerbs): RequestHandler {
  return async (req, res) => {
    const id = idOf(req);
    const alert = id === null ? null : await verbs.get(id);
    if (alert === null) fail(res, "not_found", NOT_FOUND);
    else if (alert === "unavailable") fail(res, "unavailable", UNAVAILABLE);
    else res.json(alertView(alert));
  };
}

/** Every alert has at least the event of its opening, so no events means no alert. */
function events(verbs: AlertVerbs): RequestHandler {
  return async (req, res) => {
    const id = idOf(req);
    const found = id === null ? [] : await verbs.events(id);
    if (found === "unavailable") fail(res, "unavailable", UNAVAILABLE);
    else if (found.length === 0) fail(res, "not_found", NOT_FOUND);
    else res.json({ events: found.map(eventView) });
  };
}

function verb(run: (id: string, actor: Actor) => Promise<VerbOutcome>, doneStatus: number): RequestHandler {
  return async (req, res) => {
    const id = idOf(req);
    answerVerb(res, id === null ? { kind: "not_found" } : await run(id, API), doneStatus);
  };
}

/** With a hint, which the analysis takes as one more hypothesis, or without any body. */
function analyze(verbs: AlertVerbs): RequestHandler {
  return async (req, res) => {
    const body = readOr400(res, bodyOf(req, analyzeBody));
    if (body === null) return;
    const id = idOf(req);
    const hint = body.value.hint ?? null;
    answerVerb(res, id === null ? { kind: "not_found" } : await verbs.analyze(id, API, hint), 202);
  };
}

/** `page` answers browsers that open an alert's address. */
export function alertRoutes(verbs: AlertVerbs, page: RequestHandler): readonly Route[] {
  const get = (path: string, ...handlers: readonly RequestHandler[]): Route => ({
    method: "get",
    path,
    access: "api",
    handlers,
  });
  const post = (path: string, ...handlers: readonly RequestHandler[]): Route => ({
    method: "post",
    path,
    access: "api",
    handlers,
  });
  return [
    get("/alerts/recent", recent(verbs)),
    get("/alerts/:id", page, one(verbs)),
    get("/alerts/:id/events", events(verbs)),
    post("/alerts/:id/analyze", verbBody, analyze(verbs)),
    post(
      "/alerts/:id/acknowledge",
      verb((id, actor) => verbs.acknowledge(id, actor), 200),
    ),
    post(
      "/alerts/:id/resolve",
      verb((id, actor) => verbs.resolve(id, actor), 200),
    ),
  ];
}
