import type { WebClient } from "@slack/web-api";
import type { Alert } from "../alert/alert.ts";
import type { Digest } from "../alert/digest.ts";
import type { Destination } from "../alert/route.ts";
import type { Clock } from "../clock.ts";
import type { EpochMs } from "../log/time.ts";
import type { DeliveryOutcome, FindOutcome, Notifier, Storm, ThreadReply } from "../notify/notifier.ts";
import type { MessageRef } from "../notify/outbox.ts";
import { WorkspaceAbilities } from "./ability.ts";
import { alertMessage, type Abilities, type View } from "./blocks.ts";
import { digestNotice, replyMessage, stormMessage, withKey } from "./collective.ts";
import { placeOf, SlackHistory } from "./history.ts";
import type { Message } from "./message.ts";
import { mention } from "./mrkdwn.ts";
import { type Body, send } from "./send.ts";
import { analysisMessage, evidenceMessage } from "./thread.ts";

type Failed = Extract<DeliveryOutcome, { kind: "failed" }>;

function refused(reason: string): Failed {
  return { kind: "failed", retryable: false, retryAfterMs: null, reason };
}

/** Other apps of the workspace may read this: an id, nothing else. */
function metadata(id: string): { event_type: string; event_payload: { anomaly_id: string } } {
  return { event_type: "tocsin_alert", event_payload: { anomaly_id: id } };
}

function replyMetadata(key: string): { event_type: string; event_payload: { reply_key: string } } {
  return { event_type: "tocsin_reply", event_payload: { reply_key: key } };
}

/** `parse: "none"`: Slack links nothing on its own. */
const PLAIN = { unfurl_links: false, unfurl_media: false, link_names: false, parse: "none" } as const;
const PLAIN_EDIT = { link_names: false, parse: "none" } as const;

export interface SlackNotifierOptions {
  /** Must neither retry nor wait out rate limits. */
  readonly client: WebClient;
  /** Where alerts without a route go: a name or an id. */
  readonly channel: string;
  readonly clock: Pick<Clock, "now">;
  readonly publicUrl?: string | null;
}

/** One message per alert in one channel, edited in place; all else goes into its thread. */
export class SlackNotifier implements Notifier {
  readonly name = "slack";
  readonly history: SlackHistory;
  readonly #options: SlackNotifierOptions;
  readonly #abilities: WorkspaceAbilities;

  constructor(options: SlackNotifierOptions) {
    this.#options = options;
    this.#abilities = new WorkspaceAbilities(options.clock);
    this.history = new SlackHistory(options.client);
  }

  /** How messages are to be drawn in this workspace. */
  view(can: Abilities = this.#abilities.now): View {
    return { can, publicUrl: this.#options.publicUrl ?? null };
  }

  post(alert: Alert, to: Destination, signal: AbortSignal): Promise<DeliveryOutcome> {
    const called = to.mention === null ? null : mention(to.mention);
    const render = (can: Abilities): Message => alertMessage(alert, { ...this.view(can), mention: called });
    return this.#post(alert.id, render, to, signal);
  }

  update(alert: Alert, ref: MessageRef, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.#edit(alert.id, (can) => alertMessage(alert, this.view(can)), ref, signal);
  }

  async reply(
    alert: Alert,
    ref: MessageRef,
    reply: ThreadReply,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const place = placeOf(ref);
    if (place === null) return refused("bad_ref");
    const render = (can: Abilities): Message => withKey(this.#replyMessage(alert, reply, can), reply.key);
    return send(render, this.#abilities, signal, async (body) => {
      await this.#options.client.chat.postMessage({
        channel: place.channel,
        thread_ts: place.ts,
        reply_broadcast: reply.broadcast,
        ...wire(body),
        ...PLAIN,
        metadata: replyMetadata(reply.key),
      });
      return { kind: "delivered", ref };
    });
  }

  storm(
    storm: Storm,
    ref: MessageRef | null,
    to: Destination,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const render = (): Message => stormMessage(storm);
    if (ref === null) return this.#post(storm.id, render, to, signal);
    return this.#edit(storm.id, render, ref, signal);
  }

  digest(id: string, digest: Digest, to: Destination, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.#post(id, () => digestNotice(id, digest), to, signal);
  }

  find(id: string, to: Destination, sinceMs: EpochMs, signal: AbortSignal): Promise<FindOutcome> {
    return this.history.find(id, to.channel ?? this.#options.channel, sinceMs, signal);
  }

  findReply(ref: MessageRef, key: string, sinceMs: EpochMs, signal: AbortSignal): Promise<FindOutcome> {
    return this.history.findReply(ref, key, sinceMs, signal);
  }

  #replyMessage(alert: Alert, reply: ThreadReply, can: Abilities): Message {
    if (reply.part === undefined) return replyMessage(reply);
    return reply.part === "evidence" ? evidenceMessage(alert) : analysisMessage(alert, this.view(can));
  }

  async #post(
    id: string,
    render: (can: Abilities) => Message,
    to: Destination,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const channel = to.channel ?? this.#options.channel;
    return send(render, this.#abilities, signal, async (body) => {
      const answer = await this.#options.client.chat.postMessage({
        channel,
        ...wire(body),
        ...PLAIN,
        metadata: metadata(id),
      });
      if (answer.channel === undefined || answer.ts === undefined) return refused("bad_response");
      this.history.learn(channel, answer.channel);
      return { kind: "delivered", ref: { channel: answer.channel, ts: answer.ts } };
    });
  }

  async #edit(
    id: string,
    render: (can: Abilities) => Message,
    ref: MessageRef,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const place = placeOf(ref);
    if (place === null) return refused("bad_ref");
    return send(render, this.#abilities, signal, async (body) => {
      await this.#options.client.chat.update({
        ...place,
        ...wire(body),
        ...PLAIN_EDIT,
        metadata: metadata(id),
      });
      return { kind: "delivered", ref };
    });
  }
}

/** Slack's published types do not know its chart block yet. */
type Wire = Pick<Parameters<WebClient["chat"]["postMessage"]>[0] & { text: string }, "text"> & {
  blocks: never[];
  attachments: never[];
};

function wire(body: Body): Wire {
  return body as unknown as Wire;
}
