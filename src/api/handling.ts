import type { RequestHandler, Response } from "express";
import type { z } from "zod";
import type { HandlingVerbs, VerbOutcome } from "../alert/verbs.ts";
import { alertView } from "../alert/view.ts";
import type { Clock } from "../clock.ts";
import { answerFailed, answerVerb, API, idOf, NOT_FOUND, readOr400 } from "./answers.ts";
import { proposalView } from "./life-view.ts";
import type { Route } from "./route.ts";
import {
  assignBody,
  bodyOf,
  feedbackBody,
  mergeBody,
  noteBody,
  snoozeBody,
  untilOf,
  verbBody,
  verdictBody,
} from "./verb-body.ts";

function post(path: string, ...handlers: readonly RequestHandler[]): Route {
  return { method: "post", path, access: "api", handlers };
}

/** A verb whose body is of `schema`; null where its answer has been given already. */
function verb<T>(
  schema: z.ZodType<T>,
  run: (id: string, body: T, res: Response) => Promise<VerbOutcome | null>,
): readonly RequestHandler[] {
  return [
    verbBody,
    async (req, res) => {
      const id = idOf(req);
      const body = readOr400(res, bodyOf(req, schema));
      if (body === null) return;
      const outcome = id === null ? ({ kind: "not_found" } as const) : await run(id, body.value, res);
      if (outcome !== null) answerVerb(res, outcome);
    },
  ];
}

function reopen(verbs: HandlingVerbs): RequestHandler {
  return async (req, res) => {
    const id = idOf(req);
    answerVerb(res, id === null ? { kind: "not_found" } : await verbs.reopen(id, API));
  };
}

function judge(verbs: HandlingVerbs): RequestHandler {
  return async (req, res) => {
    const id = idOf(req);
    const body = readOr400(res, bodyOf(req, verdictBody));
    if (body === null) return;
    const outcome =
      id === null ? ({ kind: "not_found" } as const) : await verbs.judge(id, body.value.verdict, API);
    if (outcome.kind !== "done") answerFailed(res, outcome, NOT_FOUND);
    else {
      const proposal = outcome.proposal === null ? null : proposalView(outcome.proposal);
      res.json({ alert: alertView(outcome.alert), proposal });
    }
  };
}

/** What people do with one alert beyond acknowledging and resolving it. */
export function handlingRoutes(verbs: HandlingVerbs, clock: Clock): readonly Route[] {
  return [
    post("/alerts/:id/reopen", reopen(verbs)),
    post(
      "/alerts/:id/snooze",
      ...verb(snoozeBody, async (id, body, res) => {
        if (body.off === true) return verbs.snooze(id, null, API);
        const until = readOr400(res, untilOf(body, clock.now()));
        return until === null ? null : verbs.snooze(id, until.value, API);
      }),
    ),
    post("/alerts/:id/assign", ...verb(assignBody, (id, { to }) => verbs.assign(id, to, API))),
    post("/alerts/:id/note", ...verb(noteBody, (id, { text }) => verbs.note(id, text, API))),
    post("/alerts/:id/merge", ...verb(mergeBody, (id, { into }) => verbs.merge(id, into, API))),
    post("/alerts/:id/feedback", ...verb(feedbackBody, (id, { rating }) => verbs.rate(id, rating, API))),
    post("/alerts/:id/verdict", verbBody, judge(verbs)),
  ];
}
