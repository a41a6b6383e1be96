import {
  type AllMiddlewareArgs,
  type AnyMiddlewareArgs,
  type App,
  type BlockAction,
  type ButtonAction,
  ReceiverMultipleAckError,
  type RespondFn,
  type SlackActionMiddlewareArgs,
  type SlackCommandMiddlewareArgs,
} from "@slack/bolt";
import type { Logger } from "pino";
import type { Actor } from "../alert/event.ts";
import type { AlertVerbs } from "../alert/verbs.ts";
import type { Clock } from "../clock.ts";
import { SECOND_MS } from "../log/time.ts";
import { underDeadline } from "../notify/deadline.ts";
import { answerCommand, outcomeMessage, perform, type Verb } from "./answers.ts";
import { ACTIONS, alertMessage } from "./blocks.ts";
import type { Message } from "./message.ts";
import { notice } from "./replies.ts";

export interface ListenerOptions {
  readonly verbs: AlertVerbs;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Slack gives up after 3 s; an answer that takes longer follows through `response_url`. */
const ACK_AFTER_MS = 2 * SECOND_MS;
const ANSWER_WITHIN_MS = 30 * SECOND_MS;

const FAILED = "That failed; it has been logged.";
const TOO_SLOW = "That took too long. Please try again shortly.";
const WORKING = "Working on it…";

const VERBS: ReadonlyMap<string, Verb> = new Map([
  [ACTIONS.analyze, "analyze"],
  [ACTIONS.acknowledge, "acknowledge"],
  [ACTIONS.resolve, "resolve"],
]);

function ephemeral(message: Message): {
  response_type: "ephemeral";
  text: string;
  blocks: Message["blocks"][number][];
} {
  return { response_type: "ephemeral", text: message.text, blocks: [...message.blocks] };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}

/** Whatever happens to the question, this is its answer: a failure and a long wait have words too. */
async function answered(work: () => Promise<Message>, options: ListenerOptions): Promise<Message> {
  try {
    const message = await underDeadline(work, ANSWER_WITHIN_MS, options.clock);
    return message === "timeout" ? notice(TOO_SLOW) : message;
  } catch (error) {
    options.log.error({ reason: reason(error) }, "answering Slack failed");
    return notice(FAILED);
  }
}

async function tell(respond: RespondFn, message: Parameters<RespondFn>[0], log: Logger): Promise<void> {
  try {
    await respond(message);
  } catch (error) {
    log.warn({ reason: reason(error) }, "Slack did not take an answer");
  }
}

async function onCommand(
  args: Pick<SlackCommandMiddlewareArgs, "command" | "ack" | "respond">,
  options: ListenerOptions,
): Promise<void> {
  const { command, ack, respond } = args;
  const actor: Actor = { kind: "slack", id: command.user_id, name: command.user_name ?? command.user_id };
  const answer = answered(
    () => answerCommand(options.verbs, command.command, command.text ?? "", actor),
    options,
  );
  const quick = await underDeadline(() => answer, ACK_AFTER_MS, options.clock);
  if (quick !== "timeout") {
    await ack(ephemeral(quick));
    return;
  }
  await ack(ephemeral(notice(WORKING)));
  await tell(respond, { ...ephemeral(await answer), replace_original: true }, options.log);
}

/** The state decides, not the button: it may be from an hour ago. An answer goes to the one who clicked. */
async function onAction(
  args: Pick<SlackActionMiddlewareArgs<BlockAction<ButtonAction>>, "action" | "body" | "ack" | "respond">,
  options: ListenerOptions,
): Promise<void> {
  const { action, body, ack, respond } = args;
  await ack();
  const verb = VERBS.get(action.action_id);
  const id = action.value;
  if (verb === undefined || id === undefined) return;
  const actor: Actor = {
    kind: "slack",
    id: body.user.id,
    name: body.user.username ?? body.user.name ?? body.user.id,
  };
  const fromEphemeral = body.container?.["is_ephemeral"] === true;
  const message = await answered(async () => {
    const outcome = await perform(options.verbs, verb, id, actor);
    if (fromEphemeral && outcome.kind === "done") return alertMessage(outcome.alert);
    return outcomeMessage(verb, id, outcome);
  }, options);
  await tell(respond, { ...ephemeral(message), replace_original: fromEphemeral }, options.log);
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
    await ackOnce(ack, "command" in args ? ephemeral(notice(FAILED)) : undefined);
    throw error;
  }
  await ackOnce(ack);
}

/** Registers all that people can do; the command may have any name in the app's manifest. */
export function registerListeners(app: App, options: ListenerOptions): void {
  app.use(ackAlways);
  app.command(/^\//, (args) => onCommand(args, options));
  app.action<BlockAction<ButtonAction>>({ type: "block_actions", action_id: /^anomaly:/ }, (args) =>
    onAction(args, options),
  );
  app.error(async (error) => {
    options.log.error({ reason: error.code }, "a Slack listener failed");
  });
}
