import type { WebClient } from "@slack/web-api";
import type { Alert } from "../alert/alert.ts";
import type { Digest } from "../alert/digest.ts";
import type { Destination } from "../alert/route.ts";
import { digestText, stormText } from "../notify/collective.ts";
import type { DeliveryOutcome, FindOutcome, Notifier, Storm, ThreadReply } from "../notify/notifier.ts";
import type { MessageRef } from "../notify/outbox.ts";
import { alertMessage } from "./blocks.ts";
import { escapeMrkdwn } from "./escape.ts";
import { slackFailure, wantsPlainerMessage } from "./failure.ts";
import { MAX_SECTION, MAX_TEXT, type Message, section } from "./message.ts";

/** An answer of Slack's that counts as delivered but carries no place of the message. */
const NO_PLACE: DeliveryOutcome = {
  kind: "failed",
  retryable: false,
  retryAfterMs: null,
  reason: "bad_response",
};
const BAD_REF: DeliveryOutcome = { kind: "failed", retryable: false, retryAfterMs: null, reason: "bad_ref" };
const ABORTED: DeliveryOutcome = { kind: "failed", retryable: true, retryAfterMs: null, reason: "timeout" };

/** Other apps of the workspace may read this: an id, nothing else. */
function metadata(alert: Alert): { event_type: string; event_payload: { anomaly_id: string } } {
  return { event_type: "tocsin_alert", event_payload: { anomaly_id: alert.id } };
}

const PLAIN = { unfurl_links: false, unfurl_media: false, link_names: false } as const;

interface Place {
  readonly channel: string;
  readonly ts: string;
}

function placeOf(ref: MessageRef): Place | null {
  const { channel, ts } = ref as Partial<Place>;
  return channel === undefined || ts === undefined ? null : { channel, ts };
}

/** One message per alert in one channel, edited in place; all else goes into its thread. */
export class SlackNotifier implements Notifier {
  readonly name = "slack";
  private readonly client: WebClient;
  private readonly channel: string;

  /** `client` must neither retry nor wait out rate limits; `channel` is a name or an id. */
  constructor(client: WebClient, channel: string) {
    this.client = client;
    this.channel = channel;
  }

  post(alert: Alert, to: Destination, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.send(alertMessage(alert), signal, async (message) => {
      const answer = await this.client.chat.postMessage({
        channel: to.channel ?? this.channel,
        ...body(message),
        ...PLAIN,
        metadata: metadata(alert),
      });
      return this.delivered(answer.channel, answer.ts);
    });
  }

  async update(alert: Alert, ref: MessageRef, signal: AbortSignal): Promise<DeliveryOutcome> {
    const place = placeOf(ref);
    if (place === null) return BAD_REF;
    return this.send(alertMessage(alert), signal, async (message) => {
      await this.client.chat.update({
        ...place,
        ...body(message),
        link_names: false,
        metadata: metadata(alert),
      });
      return { kind: "delivered", ref };
    });
  }

  async reply(
    alert: Alert,
    ref: MessageRef,
    { text, broadcast }: ThreadReply,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const place = placeOf(ref);
    if (place === null) return BAD_REF;
    const escaped = escapeMrkdwn(text, MAX_SECTION);
    const told = { text: escaped, blocks: [section(`${alert.id}.reply`, escaped)] };
    return this.send(told, signal, async (message) => {
      await this.client.chat.postMessage({
        channel: place.channel,
        thread_ts: place.ts,
        reply_broadcast: broadcast,
        ...body(message),
        ...PLAIN,
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
    return this.plain(stormText(storm), ref, to, signal);
  }

  digest(id: string, digest: Digest, to: Destination, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.plain(digestText(id, digest), null, to, signal);
  }

  async find(): Promise<FindOutcome> {
    return { kind: "unknown", reason: "not_searched" };
  }

  async findReply(): Promise<FindOutcome> {
    return { kind: "unknown", reason: "not_searched" };
  }

  private plain(
    text: string,
    ref: MessageRef | null,
    to: Destination,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const place = ref === null ? null : placeOf(ref);
    const told = { text: escapeMrkdwn(text, MAX_TEXT), blocks: [] };
    return this.send(told, signal, async (message) => {
      if (place !== null) {
        await this.client.chat.update({ ...place, ...body(message), link_names: false });
        return { kind: "delivered", ref };
      }
      const answer = await this.client.chat.postMessage({
        channel: to.channel ?? this.channel,
        ...body(message),
        ...PLAIN,
      });
      return this.delivered(answer.channel, answer.ts);
    });
  }

  private delivered(channel: string | undefined, ts: string | undefined): DeliveryOutcome {
    if (channel === undefined || ts === undefined) return NO_PLACE;
    return { kind: "delivered", ref: { channel, ts } };
  }

  /** One attempt; a message that Slack finds too much goes once more as text alone: plain, but there. */
  private async send(
    message: Message,
    signal: AbortSignal,
    call: (message: Message) => Promise<DeliveryOutcome>,
  ): Promise<DeliveryOutcome> {
    const tries = [message, { text: message.text, blocks: [] }];
    for (const [index, candidate] of tries.entries()) {
      if (signal.aborted) return ABORTED;
      try {
        return await call(candidate);
      } catch (error) {
        const last = index === tries.length - 1;
        if (last || !wantsPlainerMessage(error)) return slackFailure(error);
      }
    }
    return NO_PLACE;
  }
}

/** No blocks are sent as none: an edit without the key might keep those of before. */
function body(message: Message): { text: string; blocks: Message["blocks"][number][] } {
  return { text: message.text, blocks: [...message.blocks] };
}
