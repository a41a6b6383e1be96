import type { RequestHandler, Response } from "express";
import { z } from "zod";
import type { LedgerQuery } from "../alert/ledger.ts";
import type { MuteVerbs, ProposalOutcome, ProposalVerbs, ReportVerbs } from "../alert/verbs.ts";
import type { Clock } from "../clock.ts";
import { parseDuration } from "../log/duration.ts";
import { DAY_MS, parseTime, type EpochMs } from "../log/time.ts";
import { answerFailed, API, idOf, readOr400, UNAVAILABLE } from "./answers.ts";
import { fail } from "./failure.ts";
import { digestView, ledgerView, muteView, proposalView, receiptView, testResultView } from "./life-view.ts";
import type { Route } from "./route.ts";
import { bodyOf, muteBody, muteRequestOf, targetBody, targetOf, verbBody, type Read } from "./verb-body.ts";

function route(method: Route["method"], path: string, ...handlers: readonly RequestHandler[]): Route {
  return { method, path, access: "api", handlers };
}

function muteRoutes(verbs: MuteVerbs, clock: Clock): readonly Route[] {
  return [
    route("get", "/mutes", async (_req, res) => {
      const mutes = await verbs.mutes();
      if (mutes === "unavailable") fail(res, "unavailable", UNAVAILABLE);
      else res.json({ mutes: mutes.map(muteView) });
    }),
    route("post", "/mutes", verbBody, async (req, res) => {
      const body = readOr400(res, bodyOf(req, muteBody));
      const request = body === null ? null : readOr400(res, muteRequestOf(body.value, clock.now()));
      if (request === null) return;
      const outcome = await verbs.mute(request.value, API);
      if (outcome.kind !== "done") answerFailed(res, outcome);
      else res.json({ mute: muteView(outcome.mute), receipt: receiptView(outcome.receipt) });
    }),
    route("post", "/mutes/preview", verbBody, async (req, res) => {
      const body = readOr400(res, bodyOf(req, targetBody));
      const target = body === null ? null : readOr400(res, targetOf(body.value));
      if (target === null) return;
      const outcome = await verbs.previewMute(target.value);
      if (outcome.kind !== "receipt") answerFailed(res, outcome);
      else res.json(receiptView(outcome.receipt));
    }),
    route("post", "/mutes/:id/end", async (req, res) => {
      const id = idOf(req);
      const outcome = id === null ? ({ kind: "not_found" } as const) : await verbs.unmute(id, API);
      if (outcome.kind !== "done") answerFailed(res, outcome);
      else res.json(muteView(outcome.mute));
    }),
  ];
}

function answerProposal(res: Response, outcome: ProposalOutcome): void {
  if (outcome.kind !== "done") answerFailed(res, outcome);
  else res.json(proposalView(outcome.proposal));
}

function proposalRoutes(verbs: ProposalVerbs): readonly Route[] {
  const decide =
    (run: (id: string) => Promise<ProposalOutcome>): RequestHandler =>
    async (req, res) => {
      const id = idOf(req);
      answerProposal(res, id === null ? { kind: "not_found" } : await run(id));
    };
  return [
    route("get", "/proposals", async (_req, res) => {
      const proposals = await verbs.proposals();
      if (proposals === "unavailable") fail(res, "unavailable", UNAVAILABLE);
      else res.json({ proposals: proposals.map(proposalView) });
    }),
    route(
      "post",
      "/proposals/:id/approve",
      decide((id) => verbs.approve(id, API)),
    ),
    route(
      "post",
      "/proposals/:id/reject",
      decide((id) => verbs.reject(id, API)),
    ),
  ];
}

/** A time, or a span before now. */
const moment = z
  .string()
  .refine(
    (text) => parseDuration(text) !== null || parseTime(text) !== null,
    "must be a time or a span such as 2h",
  );
const name = z.string().min(1).max(1_000);
const periodQuery = z.strictObject({ from: moment.optional(), to: moment.optional() });
const whyQuery = periodQuery.extend({
  service: name.optional(),
  environment: name.optional(),
  limit: z
    .string()
    .regex(/^([1-9]|[1-9]\d|1\d\d|200)$/, "must be from 1 to 200")
    .optional(),
});
const DEFAULT_LIMIT = 50;

function momentMs(text: string | undefined, nowMs: EpochMs, fallbackMs: EpochMs): EpochMs {
  if (text === undefined) return fallbackMs;
  const spanMs = parseDuration(text);
  return spanMs === null ? (parseTime(text) ?? fallbackMs) : nowMs - spanMs;
}

function queryOf<T>(url: string, schema: z.ZodType<T>): Read<T> {
  const search = new URL(url, "http://tocsin").searchParams;
  const parsed = schema.safeParse(Object.fromEntries([...search].filter(([, value]) => value !== "")));
  if (parsed.success) return { kind: "ok", value: parsed.data };
  return { kind: "bad", message: parsed.error.issues.map((issue) => issue.message).join("; ") };
}

function ledgerQuery(query: z.infer<typeof whyQuery>, nowMs: EpochMs): LedgerQuery {
  const { service, environment, limit } = query;
  return {
    ...(service === undefined ? {} : { service }),
    ...(environment === undefined ? {} : { environment }),
    fromMs: momentMs(query.from, nowMs, nowMs - DAY_MS),
    toMs: momentMs(query.to, nowMs, nowMs),
    limit: limit === undefined ? DEFAULT_LIMIT : Number(limit),
  };
}

/** The ledger of silence; of one service where its name is the path's. */
function why(verbs: ReportVerbs, clock: Clock): RequestHandler {
  return async (req, res) => {
    const query = readOr400(res, queryOf(req.originalUrl, whyQuery));
    if (query === null) return;
    const { service } = req.params;
    const asked = typeof service === "string" ? { ...query.value, service } : query.value;
    const entries = await verbs.why(ledgerQuery(asked, clock.now()));
    if (entries === "unavailable") fail(res, "unavailable", UNAVAILABLE);
    else res.json({ silences: entries.map(ledgerView) });
  };
}

function reportRoutes(verbs: ReportVerbs, clock: Clock): readonly Route[] {
  return [
    route("get", "/why", why(verbs, clock)),
    route("get", "/services/:service/why", why(verbs, clock)),
    route("get", "/digest", async (req, res) => {
      const query = readOr400(res, queryOf(req.originalUrl, periodQuery));
      if (query === null) return;
      const nowMs = clock.now();
      const { from, to } = query.value;
      const digest = await verbs.digest(momentMs(from, nowMs, nowMs - DAY_MS), momentMs(to, nowMs, nowMs));
      if (digest === "unavailable") fail(res, "unavailable", UNAVAILABLE);
      else res.json(digestView(digest));
    }),
    route("post", "/test-alert", async (_req, res) => {
      res.json({ results: (await verbs.testAlert(API)).map(testResultView) });
    }),
  ];
}

/** Mutes, proposals and what the service knows about itself. */
export function lifeRoutes(verbs: MuteVerbs & ProposalVerbs & ReportVerbs, clock: Clock): readonly Route[] {
  return [...muteRoutes(verbs, clock), ...proposalRoutes(verbs), ...reportRoutes(verbs, clock)];
}
