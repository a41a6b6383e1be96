import type { BlockAction, SlackActionMiddlewareArgs, SlackViewMiddlewareArgs } from "@slack/bolt";
import type { WebClient } from "@slack/web-api";
import type { MuteTarget } from "../alert/mute.ts";
import { SECOND_MS } from "../log/time.ts";
import { underDeadline } from "../notify/deadline.ts";
import { actorOf, alertFor } from "./interactions.ts";
import {
  chosenTarget,
  COUNTING,
  type ModalValues,
  type MuteModal,
  muteChoice,
  muteModalFor,
  muteModalView,
  parseMuteModal,
} from "./mute-modal.ts";
import { type Mrkdwn, line, mrkdwn } from "./mrkdwn.ts";
import { muteNow, receiptText, requestOf } from "./mute-question.ts";
import { forbidden } from "./permission.ts";
import type { Desk } from "./ports.ts";
import { answered, type Answering, answerOf, errorName, tell } from "./respond.ts";
import { bodyOf } from "./send.ts";

export interface MuteFlow extends Answering {
  readonly desk: Desk;
  readonly client: WebClient;
}

const RECEIPT_WITHIN_MS = 20 * SECOND_MS;

async function receiptFor({ desk, clock }: MuteFlow, target: MuteTarget | undefined): Promise<Mrkdwn> {
  if (target === undefined) return mrkdwn`There is nothing to mute.`;
  const preview = await underDeadline(() => desk.verbs.previewMute(target), RECEIPT_WITHIN_MS, clock);
  if (preview === "timeout") return mrkdwn`Counting what it would have hidden took too long.`;
  if (preview.kind === "receipt") return receiptText(preview.receipt);
  if (preview.kind === "refused") return line(preview.message, 500);
  return mrkdwn`What it would have hidden cannot be counted at the moment.`;
}

type ClickArgs = Pick<SlackActionMiddlewareArgs<BlockAction>, "body" | "respond"> & {
  readonly value: string;
};

/** Opens at once, for the click's ticket is good for three seconds; the receipt follows. */
export async function openMute({ body, respond, value }: ClickArgs, flow: MuteFlow): Promise<void> {
  const { desk, client, log } = flow;
  const actor = actorOf(body.user);
  const no = await forbidden(desk, "mute", actor);
  const alert = no ?? (await alertFor(desk, value));
  if (!("version" in alert)) {
    await tell(respond, { ...answerOf(alert), replace_original: false }, log);
    return;
  }
  const about = muteModalFor(alert, body.channel?.id ?? null);
  try {
    const opened = await client.views.open({
      trigger_id: body.trigger_id,
      view: muteModalView(about, 0, COUNTING),
    });
    await showReceipt(flow, about, 0, opened.view?.id, opened.view?.hash);
  } catch (error) {
    log.warn({ reason: errorName(error) }, "Slack did not open the modal");
  }
}

async function showReceipt(
  flow: MuteFlow,
  about: MuteModal,
  chosen: number,
  viewId: string | undefined,
  hash: string | undefined,
): Promise<void> {
  if (viewId === undefined) return;
  const receipt = await receiptFor(flow, about.targets[chosen]);
  try {
    // The hash keeps a slow receipt from overwriting a newer choice.
    await flow.client.views.update({
      view_id: viewId,
      ...(hash === undefined ? {} : { hash }),
      view: muteModalView(about, chosen, receipt),
    });
  } catch (error) {
    flow.log.warn({ reason: errorName(error) }, "Slack did not update the modal");
  }
}

/** Another target has been chosen: its receipt. */
export async function rechooseMute(body: BlockAction, flow: MuteFlow): Promise<void> {
  const about = body.view === undefined ? null : parseMuteModal(body.view.private_metadata);
  if (about === null || body.view === undefined) return;
  const values = body.view.state.values as unknown as ModalValues;
  await showReceipt(flow, about, chosenTarget(values, about), body.view.id, body.view.hash);
}

type SubmitArgs = Pick<SlackViewMiddlewareArgs, "ack" | "body" | "view">;

/** Closes at once; what came of it is told to the one who muted. */
export async function submitMute({ ack, body, view }: SubmitArgs, flow: MuteFlow): Promise<void> {
  await ack();
  const about = parseMuteModal(view.private_metadata);
  const choice = about === null ? null : muteChoice(view.state.values as unknown as ModalValues, about);
  if (about === null || choice === null) return;
  const { desk, client, log } = flow;
  const wish = { ...choice, startsAtMs: null };
  const request = requestOf(wish, desk.clock.now());
  const message = await answered(() => muteNow(desk, request, actorOf(body.user)), flow);
  const { text, blocks } = bodyOf(message);
  try {
    // Without a channel, such as from a direct message's view, the app's own conversation with them.
    const channel = about.channel ?? body.user.id;
    await client.chat.postEphemeral({ channel, user: body.user.id, text, blocks: blocks as never[] });
  } catch (error) {
    log.warn({ reason: errorName(error) }, "Slack did not take an answer");
  }
}
