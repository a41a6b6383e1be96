import type { Actor } from "../alert/event.ts";
import type { VerbOutcome } from "../alert/verbs.ts";
import { nearest } from "../log/nearest.ts";
import { HOUR_MS, parseDuration } from "../log/duration.ts";
import { DAY_MS, type EpochMs } from "../log/time.ts";
import { alertMessage } from "./blocks.ts";
import { type AlertWord, type BareWord, type Command, isBare, isOfAlert, parseCommand } from "./command.ts";
import { handle } from "./handle.ts";
import type { PageRequest } from "./list.ts";
import type { Message } from "./message.ts";
import { muteQuestion } from "./mute-question.ts";
import { forbidden, UNAVAILABLE } from "./permission.ts";
import type { Desk } from "./ports.ts";
import { outcomeMessage } from "./outcome.ts";
import { ambiguous, helpMessage, notFound, notice, recentMessage } from "./replies.ts";
import {
  digestMessage,
  mutesMessage,
  patternsMessage,
  proposalMessage,
  proposalsMessage,
  servicesMessage,
  statusMessage,
  testMessage,
  whyMessage,
} from "./reports.ts";
import type { Role } from "./roles.ts";

const MAX_QUERY = 200;
const WHY_LIMIT = 200;

/** What is done to one alert with no further word. */
export type Verb = Exclude<AlertWord, "show"> | "analyze";

const DONE: Readonly<Record<Verb, string>> = {
  analyze: "Claude is asked again; the message changes when the answer is there.",
  acknowledge: "Acknowledged.",
  resolve: "Resolved.",
  reopen: "Opened again.",
  real: "Marked real.",
  noise: "Marked noise.",
};

const ROLE_OF: Partial<Record<Verb, Role>> = { resolve: "resolve" };

/** Who asks what, in which words of the command. */
export interface Question {
  readonly command: string;
  readonly asked: string;
  readonly page: number;
  readonly actor: Actor;
}

function run(desk: Desk, verb: Verb, id: string, actor: Actor, hint: string | null): Promise<VerbOutcome> {
  const { verbs } = desk;
  switch (verb) {
    case "analyze":
      return verbs.analyze(id, actor, hint);
    case "acknowledge":
      return verbs.acknowledge(id, actor);
    case "resolve":
      return verbs.resolve(id, actor);
    case "reopen":
      return verbs.reopen(id, actor);
    case "real":
    case "noise":
      return verbs.judge(id, verb, actor);
  }
}

export type Performed = { readonly outcome: VerbOutcome; readonly message: Message };

/** Does it, if they may, and says what came of it. */
export async function perform(
  desk: Desk,
  verb: Verb,
  id: string,
  actor: Actor,
  hint: string | null = null,
): Promise<Performed | Message> {
  const role = ROLE_OF[verb];
  const no = role === undefined ? null : await forbidden(desk, role, actor);
  if (no !== null) return no;
  if (verb === "noise") return markNoise(desk, id, actor);
  const outcome = await run(desk, verb, id, actor, hint);
  return { outcome, message: outcomeMessage(`${id}: ${DONE[verb]}`, id, outcome) };
}

/** Noise comes with a proposal, which somebody has to approve. */
async function markNoise({ verbs }: Desk, id: string, actor: Actor): Promise<Performed> {
  const outcome = await verbs.judge(id, "noise", actor);
  if (outcome.kind !== "done" || outcome.proposal === null) {
    return { outcome, message: outcomeMessage(`${id}: ${DONE.noise}`, id, outcome) };
  }
  return { outcome, message: proposalMessage(outcome.proposal) };
}

/** The whole id of what was typed, or what to say instead. */
async function wholeId({ verbs }: Desk, typed: string): Promise<string | Message> {
  const found = await verbs.match(typed);
  switch (found.kind) {
    case "one":
      return found.alert.id;
    case "many":
      return ambiguous(typed, found.ids);
    case "not_found":
      return notFound(typed);
    case "unavailable":
      return notice(UNAVAILABLE);
  }
}

async function withId(desk: Desk, typed: string, answer: (id: string) => Promise<Message>): Promise<Message> {
  const id = await wholeId(desk, typed);
  return typeof id === "string" ? answer(id) : id;
}

async function recent(
  { verbs }: Desk,
  { limit, clamped, service, severity }: Extract<Command, { verb: "recent" }>,
  request: PageRequest,
): Promise<Message> {
  const offset = request.page * limit;
  const filter = { ...(service === null ? {} : { service }), ...(severity === null ? {} : { severity }) };
  const wanted = Math.min(limit + 1, MAX_QUERY);
  const found = await verbs.recent({ limit: wanted, ...(offset === 0 ? {} : { offset }), ...filter });
  if (found === "unavailable") return notice(UNAVAILABLE);
  if (found.length === 0 && service !== null && offset === 0)
    return notice(`No anomalies of ${service} so far.`);
  return recentMessage({ alerts: found.slice(0, limit), clamped, more: found.length > limit, request });
}

async function show(desk: Desk, id: string): Promise<Message> {
  const alert = await desk.verbs.get(id);
  if (alert === "unavailable") return notice(UNAVAILABLE);
  return alert === null ? notFound(id) : alertMessage(alert, desk.view());
}

function dealWith(
  desk: Desk,
  command: Extract<Command, { verb: AlertWord | "analyze" }>,
  { actor }: Question,
): Promise<Message> {
  const { verb, id } = command;
  const hint = command.verb === "analyze" ? command.hint : null;
  return withId(desk, id, async (whole) => {
    if (verb === "show") return show(desk, whole);
    const done = await perform(desk, verb, whole, actor, hint);
    return "outcome" in done ? done.message : done;
  });
}

/** `2h` back from now, or half an hour around a time. */
function span(at: string | null, nowMs: EpochMs): { readonly fromMs: number; readonly toMs: number } | null {
  if (at === null) return { fromMs: nowMs - DAY_MS, toMs: nowMs };
  const backMs = parseDuration(at.toLowerCase());
  if (backMs !== null) return { fromMs: nowMs - backMs, toMs: nowMs };
  const timeMs = Date.parse(at);
  return Number.isNaN(timeMs) ? null : { fromMs: timeMs - HOUR_MS / 2, toMs: timeMs + HOUR_MS / 2 };
}

/** Nothing known of this service: perhaps another was meant. */
function nothingOf(desk: Desk, service: string, what: string): Message {
  const known = [...new Set(desk.overview.services().map((one) => one.service))];
  const meant = known.includes(service) ? null : nearest(service, known);
  return notice(`${what}${meant === null ? "" : ` Did you mean "${meant}"?`}`);
}

async function why(
  desk: Desk,
  { service, at }: Extract<Command, { verb: "why" }>,
  request: PageRequest,
): Promise<Message> {
  const asked = span(at, desk.clock.now());
  if (asked === null)
    return notice(`"${at ?? ""}" is neither a span such as 2h nor a time such as 2026-01-15T22:00Z.`);
  const entries = await desk.verbs.why({ service, ...asked, limit: WHY_LIMIT });
  if (entries === "unavailable") return notice(UNAVAILABLE);
  if (entries.length > 0) return whyMessage(service, entries, request);
  return nothingOf(desk, service, `Nothing of ${service} was held back in that time.`);
}

function patterns(desk: Desk, service: string, request: PageRequest): Message {
  const found = desk.overview.patterns(service);
  if (found.length > 0) return patternsMessage(service, found, request);
  return nothingOf(desk, service, `No patterns of ${service} in the current window.`);
}

/** Ends a mute, if they may. */
export async function unmute(desk: Desk, id: string, actor: Actor): Promise<Message> {
  const no = await forbidden(desk, "mute", actor);
  if (no !== null) return no;
  const outcome = await desk.verbs.unmute(id, actor);
  if (outcome.kind === "not_found") return notice(`There is no mute ${id}. "mutes" lists them.`);
  return outcomeMessage(`${id}: the mute is over.`, id, outcome);
}

/** For commands and buttons alike. */
export async function decideProposal(
  desk: Desk,
  verb: "approve" | "reject",
  id: string,
  actor: Actor,
): Promise<Message> {
  const no = await forbidden(desk, "approve", actor);
  if (no !== null) return no;
  const outcome = await desk.verbs[verb](id, actor);
  if (outcome.kind === "not_found") return notice(`There is no proposal ${id}. "proposals" lists them.`);
  return outcomeMessage(
    `${id}: ${verb === "approve" ? "approved; it holds from now" : "rejected"}.`,
    id,
    outcome,
  );
}

async function listed<T>(
  all: Promise<readonly T[] | "unavailable">,
  tell: (found: readonly T[]) => Message,
): Promise<Message> {
  const found = await all;
  return found === "unavailable" ? notice(UNAVAILABLE) : tell(found);
}

async function report(desk: Desk, verb: BareWord, request: PageRequest, actor: Actor): Promise<Message> {
  const { verbs, overview, clock } = desk;
  switch (verb) {
    case "mutes":
      return listed(verbs.mutes(), (mutes) => mutesMessage(mutes, request));
    case "proposals":
      return listed(verbs.proposals(), (proposals) => proposalsMessage(proposals, request));
    case "services":
      return servicesMessage(overview.services(), request);
    case "status":
      return statusMessage(await overview.dependencies(), overview);
    case "digest": {
      const digest = await verbs.digest(clock.now() - DAY_MS, clock.now());
      return digest === "unavailable" ? notice(UNAVAILABLE) : digestMessage(digest);
    }
    case "test":
      return testMessage(await verbs.testAlert(actor));
  }
}

function answer(desk: Desk, command: Command, question: Question): Message | Promise<Message> {
  const { asked, page, actor } = question;
  const request = { asked, page };
  if (isBare(command)) return report(desk, command.verb, request, actor);
  if (isOfAlert(command)) return dealWith(desk, command, question);
  switch (command.verb) {
    case "help":
      return helpMessage(question.command, command.problem);
    case "recent":
      return recent(desk, command, request);
    case "why":
      return why(desk, command, request);
    case "patterns":
      return patterns(desk, command.service, request);
    case "snooze":
    case "assign":
    case "merge":
      return withId(desk, command.id, (id) => handle(desk, { ...command, id }, actor, wholeId));
    case "mute":
      return muteQuestion(desk, command.request, actor);
    case "unmute":
      return unmute(desk, command.id, actor);
    case "approve":
    case "reject":
      return decideProposal(desk, command.verb, command.id, actor);
    case "note":
      return withId(desk, command.id, async (id) =>
        outcomeMessage(`${id}: noted.`, id, await desk.verbs.note(id, command.text, actor)),
      );
  }
}

/** Answers what was typed after a command, page by page. */
export async function answerCommand(desk: Desk, question: Question): Promise<Message> {
  return answer(desk, parseCommand(question.asked).command, question);
}
