import type { RespondArguments, RespondFn } from "@slack/bolt";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { SECOND_MS } from "../log/time.ts";
import { underDeadline } from "../notify/deadline.ts";
import type { Message } from "./message.ts";
import { notice } from "./replies.ts";
import { type Body, bodyOf } from "./send.ts";

export const FAILED = "That failed; it has been logged.";
const TOO_SLOW = "That took too long. Please try again shortly.";
const ANSWER_WITHIN_MS = 30 * SECOND_MS;

export interface Answering {
  readonly clock: Clock;
  readonly log: Logger;
}

/** An answer as Slack takes it, for the one who asked or for everybody in the channel. */
export type Answer = Omit<RespondArguments, "blocks" | "attachments"> & Body;

export function answerOf(message: Message, isPublic = false): Answer {
  return { response_type: isPublic ? "in_channel" : "ephemeral", ...bodyOf(message) };
}

export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}

/** Whatever happens to the question, this is its answer: a failure and a long wait have words too. */
export async function answered(work: () => Promise<Message>, { clock, log }: Answering): Promise<Message> {
  try {
    const message = await underDeadline(work, ANSWER_WITHIN_MS, clock);
    return message === "timeout" ? notice(TOO_SLOW) : message;
  } catch (error) {
    log.error({ reason: errorName(error) }, "answering Slack failed");
    return notice(FAILED);
  }
}

/** Through the `response_url`; Slack takes at most five in half an hour. */
export async function tell(respond: RespondFn, answer: Answer, log: Logger): Promise<void> {
  try {
    // The published types do not know the chart block yet.
    await respond(answer as unknown as RespondArguments);
  } catch (error) {
    log.warn({ reason: errorName(error) }, "Slack did not take an answer");
  }
}
