import {
  type AllMiddlewareArgs,
  type AnyMiddlewareArgs,
  type App,
  type BlockAction,
  type ButtonAction,
  ReceiverMultipleAckError,
  type SlackCommandMiddlewareArgs,
} from "@slack/bolt";
import type { Actor } from "../alert/event.ts";
import { HOUR_MS } from "../log/duration.ts";
import { underDeadline } from "../notify/deadline.ts";
import { answerCommand } from "./answers.ts";
import { ACTIONS } from "./buttons.ts";
import { parseCommand } from "./command.ts";
import { onClick } from "./interactions.ts";
import { type Mention, type Mentions, onMention } from "./mention.ts";
import { MUTE_MODAL, MUTE_TARGET } from "./mute-modal.ts";
import { openMute, rechooseMute, submitMute } from "./mute-flow.ts";
import { notice } from "./replies.ts";
import { answered, answerOf, FAILED, tell } from "./respond.ts";
import { Seen } from "./seen.ts";

/** All that the listeners work with. */
export type ListenerOptions = Mentions;

/** People see at once that they were heard; an answer that takes longer follows through `response_url`. */
const ACK_AFTER_MS = 200;
const WORKING = "Working on it…";
/** Slack sends an event again for an hour, where our answer was lost. */
const EVENT_KEPT_MS = HOUR_MS;
const MAX_EVENTS = 2_000;

type CommandAck = SlackCommandMiddlewareArgs["ack"];
type CommandAnswer = Parameters<CommandAck>[0];

async function onCommand(
  args: Pick<SlackCommandMiddlewareArgs, "command" | "ack" | "respond">,
  options: ListenerOptions,
): Promise<void> {
  const { command, ack, respond } = args;
  const { desk, clock, log } = options;
  const actor: Actor = { kind: "slack", id: command.user_id, name: command.user_name ?? command.user_id };
  const asked = command.text ?? "";
  const { isPublic } = parseCommand(asked);
  const question = { command: command.command, asked, page: 0, actor };
  const answer = answered(() => answerCommand(desk, question), options);
  const quick = await underDeadline(() => answer, ACK_AFTER_MS, clock);
  if (quick !== "timeout") {
    await ack(answerOf(quick, isPublic) as unknown as CommandAnswer);
    return;
  }
  await ack(answerOf(notice(WORKING)) as unknown as CommandAnswer);
  await tell(respond, { ...answerOf(await answer, isPublic), replace_original: !isPublic }, log);
}

type Ack = (answer?: unknown) => Promise<void>;

async function ackOnce(ack: Ack | undefined, answer?: unknown): Promise<void> {
  try {
    await ack?.(answer);
  } catch (error) {
    if (!(error instanceof ReceiverMultipleAckError)) throw error;
  }
}

/** Without it a throw, an unknown button or an unknown shortcut would leave the user with Slack's timeout. */
async function ackAlways(args: AnyMiddlewareArgs & AllMiddlewareArgs): Promise<void> {
  const ack = "ack" in args ? (args.ack as Ack) : undefined;
  try {
    await args.next();
  } catch (error) {
    await ackOnce(ack, "command" in args ? answerOf(notice(FAILED)) : undefined);
    throw error;
  }
  await ackOnce(ack);
}

function registerButtons(app: App, options: ListenerOptions): void {
  const { desk } = options;
  const flow = { ...options, desk };
  app.action<BlockAction<ButtonAction>>(
    { type: "block_actions", action_id: ACTIONS.mute },
    async ({ ack, action, body, respond }) => {
      await ack();
      if (action.value !== undefined) await openMute({ body, respond, value: action.value }, flow);
    },
  );
  app.action<BlockAction>({ type: "block_actions", action_id: MUTE_TARGET }, async ({ ack, body }) => {
    await ack();
    await rechooseMute(body, flow);
  });
  app.view(MUTE_MODAL, (args) => submitMute(args, flow));
  // The mute button has its own listener; a link is opened by Slack itself.
  const others = /^(?:anomaly:(?!mute$|link$)|mute:confirm$|proposal:|page:)/;
  app.action<BlockAction<ButtonAction>>(
    { type: "block_actions", action_id: others },
    async ({ ack, action, body, respond }) => {
      await ack();
      await onClick({ action, body, respond }, desk, options);
    },
  );
}

/** Registers all that people can do; the command may have any name in the app's manifest. */
export function registerListeners(app: App, options: ListenerOptions): void {
  const events = new Seen(options.clock, EVENT_KEPT_MS, MAX_EVENTS);
  app.use(ackAlways);
  app.command(/^\//, (args) => onCommand(args, options));
  registerButtons(app, options);
  app.event("app_mention", async ({ event, body }) => {
    if (!events.again(body.event_id)) await onMention(event as Mention, options);
  });
  app.error(async (error) => {
    options.log.error({ reason: error.code }, "a Slack listener failed");
  });
}
