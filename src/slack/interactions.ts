import type { BlockAction, ButtonAction, SlackActionMiddlewareArgs } from "@slack/bolt";
import type { Actor } from "../alert/event.ts";
import type { Alert } from "../alert/alert.ts";
import { decideProposal, answerCommand, perform, unmute, type Verb } from "./answers.ts";
import { alertMessage } from "./blocks.ts";
import { ACTIONS } from "./buttons.ts";
import { PAGE_ACTION, parsePage } from "./list.ts";
import { COMMAND } from "./manifest.ts";
import type { Message } from "./message.ts";
import { CONFIRM_MUTE, muteNow, parseConfirm, requestOf } from "./mute-question.ts";
import { outcomeMessage } from "./outcome.ts";
import { UNAVAILABLE } from "./permission.ts";
import type { Desk } from "./ports.ts";
import { notFound, notice } from "./replies.ts";
import { PROPOSAL_ACTIONS } from "./reports.ts";
import { answered, type Answering, answerOf, tell } from "./respond.ts";

type Args = Pick<SlackActionMiddlewareArgs<BlockAction<ButtonAction>>, "action" | "body" | "respond">;

/** What a click leads to: `replace`: the answer takes the place of the message that was clicked. */
interface Reaction {
  readonly message: Message;
  readonly replace: boolean;
}

interface Click {
  readonly desk: Desk;
  readonly value: string;
  readonly actor: Actor;
  /** In an answer that only one person sees. */
  readonly isEphemeral: boolean;
}

type Handler = (click: Click) => Promise<Reaction>;

function say(message: Message): Reaction {
  return { message, replace: false };
}

/** The state decides, not the button: it may be from an hour ago. */
function doing(verb: Verb): Handler {
  return async ({ desk, value, actor, isEphemeral }) => {
    const done = await perform(desk, verb, value, actor);
    if (!("outcome" in done)) return say(done);
    const { outcome, message } = done;
    const shows = isEphemeral && outcome.kind === "done" && verb !== "noise";
    return shows ? { message: alertMessage(outcome.alert, desk.view()), replace: true } : say(message);
  };
}

const turnPage: Handler = async ({ desk, value, actor, isEphemeral }) => {
  const request = parsePage(value);
  if (request === null) return say(notice("This list is too old. Please ask again."));
  return {
    message: await answerCommand(desk, { command: COMMAND, ...request, actor }),
    replace: isEphemeral,
  };
};

const confirmMute: Handler = async ({ desk, value, actor, isEphemeral }) => {
  const wish = parseConfirm(value);
  if (wish === null) return say(notice("This question is too old. Please ask again."));
  return { message: await muteNow(desk, requestOf(wish, desk.clock.now()), actor), replace: isEphemeral };
};

const wake: Handler = async ({ desk, value, actor }) => {
  const outcome = await desk.verbs.snooze(value, null, actor);
  if (outcome.kind === "done") return say(notice(`${value}: the snooze is over.`));
  return say(notice(outcome.kind === "refused" ? outcome.message : UNAVAILABLE));
};

/** `good anom_…` or `bad anom_…`: counts in what the confidence of later analyses is worth. */
const rate: Handler = async ({ desk, value, actor }) => {
  const [grade, id = ""] = value.split(" ");
  const outcome = await desk.verbs.rate(id, grade === "good" ? "helpful" : "wrong", actor);
  const next = "Later analyses count it.";
  const again = `${next} "/anomalies analyze ${id}" and what you know after it asks again.`;
  return say(outcomeMessage(`Thank you. ${grade === "good" ? next : again}`, id, outcome));
};

function deciding(verb: "approve" | "reject"): Handler {
  return async ({ desk, value, actor, isEphemeral }) => ({
    message: await decideProposal(desk, verb, value, actor),
    replace: isEphemeral,
  });
}

const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  [ACTIONS.acknowledge, doing("acknowledge")],
  [ACTIONS.resolve, doing("resolve")],
  [ACTIONS.reopen, doing("reopen")],
  [ACTIONS.analyze, doing("analyze")],
  [ACTIONS.real, doing("real")],
  [ACTIONS.noise, doing("noise")],
  [ACTIONS.wake, wake],
  [ACTIONS.unmute, async ({ desk, value, actor }: Click) => say(await unmute(desk, value, actor))],
  [ACTIONS.feedback, rate],
  [`${ACTIONS.feedback}:good`, rate],
  [`${ACTIONS.feedback}:bad`, rate],
  [CONFIRM_MUTE, confirmMute],
  [PROPOSAL_ACTIONS.approve, deciding("approve")],
  [PROPOSAL_ACTIONS.reject, deciding("reject")],
  [`${PAGE_ACTION}back`, turnPage],
  [`${PAGE_ACTION}on`, turnPage],
]);

export function actorOf(user: {
  readonly id: string;
  readonly username?: string;
  readonly name?: string;
}): Actor {
  return { kind: "slack", id: user.id, name: user.username ?? user.name ?? user.id };
}

/** A click that is acknowledged already; the answer goes to the one who clicked. */
export async function onClick(
  { action, body, respond }: Args,
  desk: Desk,
  answering: Answering,
): Promise<void> {
  const handler = HANDLERS.get(action.action_id);
  if (handler === undefined || action.value === undefined) return;
  const isEphemeral = body.container?.["is_ephemeral"] === true;
  const click = { desk, value: action.value, actor: actorOf(body.user), isEphemeral };
  let replace = false;
  const message = await answered(async () => {
    const reaction = await handler(click);
    replace = reaction.replace;
    return reaction.message;
  }, answering);
  await tell(respond, { ...answerOf(message), replace_original: replace }, answering.log);
}

/** For the modal: the alert, or what to say instead. */
export async function alertFor(desk: Desk, id: string): Promise<Alert | Message> {
  const alert = await desk.verbs.get(id);
  if (alert === null) return notFound(id);
  return alert === "unavailable" ? notice(UNAVAILABLE) : alert;
}
