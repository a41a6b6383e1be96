import type { WebClient } from "@slack/web-api";
import { MINUTE_MS, SECOND_MS, type EpochMs } from "../log/time.ts";
import type { FindOutcome } from "../notify/notifier.ts";
import type { MessageRef } from "../notify/outbox.ts";
import { replyBlockId } from "./collective.ts";
import { slackFailure } from "./failure.ts";

export interface Place {
  readonly channel: string;
  readonly ts: string;
}

export function placeOf(ref: MessageRef): Place | null {
  const { channel, ts } = ref as Partial<Place>;
  return channel === undefined || ts === undefined ? null : { channel, ts };
}

/** Of a message as Slack tells it, what says whose it is. */
interface Found {
  readonly ts?: string;
  readonly text?: string;
  readonly thread_ts?: string;
  readonly bot_id?: string;
  readonly app_id?: string;
  readonly blocks?: readonly { readonly block_id?: string }[];
  readonly attachments?: readonly { readonly blocks?: readonly { readonly block_id?: string }[] }[];
  readonly metadata?: { readonly event_payload?: Readonly<Record<string, unknown>> };
}

const CHANNEL_ID = /^[CGD][A-Z0-9]{2,}$/;
const ALERT_ID = /\banom_\d{8}_\d{6}(?:_\d+)?(?![_\d])/;
/** Slack's clock and ours need not agree. */
const SKEW_MS = MINUTE_MS;
const PER_PAGE = 200;
const MAX_PAGES = 5;

function seconds(timeMs: EpochMs): string {
  return (timeMs / SECOND_MS).toFixed(6);
}

function blockIds(message: Found): readonly string[] {
  const beside = message.attachments?.flatMap(({ blocks }) => blocks ?? []) ?? [];
  return [...(message.blocks ?? []), ...beside].flatMap(({ block_id: id }) => (id === undefined ? [] : [id]));
}

/** `anom_20240115_103045` is not what `anom_20240115_103045_2` names. */
function names(text: string, id: string): boolean {
  return text.split(id).some((rest, index) => index > 0 && !/^[_\d]/.test(rest));
}

/** Only apps write metadata and choose block ids; text could be anybody's quotation. */
function carries(message: Found, id: string): boolean {
  if (message.metadata?.event_payload?.["anomaly_id"] === id) return true;
  if (blockIds(message).some((blockId) => blockId.startsWith(`${id}.`))) return true;
  const isApp = message.bot_id !== undefined || message.app_id !== undefined;
  return isApp && names(message.text ?? "", id);
}

function isReply(message: Found, key: string): boolean {
  if (message.metadata?.event_payload?.["reply_key"] === key) return true;
  return blockIds(message).some((blockId) => blockId === replyBlockId(key));
}

/** The id of the alert whose message this is. */
function alertIdOf(message: Found): string | null {
  const told = message.metadata?.event_payload?.["anomaly_id"];
  if (typeof told === "string") return told;
  for (const blockId of blockIds(message)) {
    const [id] = ALERT_ID.exec(blockId) ?? [];
    if (id !== undefined) return id;
  }
  if (message.bot_id === undefined && message.app_id === undefined) return null;
  return ALERT_ID.exec(message.text ?? "")?.[0] ?? null;
}

/**
 * What a channel holds already. Needs the scopes of the manifest and membership; without them it says `unknown`,
 * and an unclear post is sent again, rather twice than never.
 */
export class SlackHistory {
  readonly #client: WebClient;
  readonly #channelIds = new Map<string, string>();

  constructor(client: WebClient) {
    this.#client = client;
  }

  /** A post has told which id a channel's name has. */
  learn(channel: string, id: string): void {
    this.#channelIds.set(channel, id);
  }

  async find(id: string, channel: string, sinceMs: EpochMs, signal: AbortSignal): Promise<FindOutcome> {
    try {
      const channelId = await this.#channelId(channel);
      if (channelId === null) return { kind: "unknown", reason: "channel_not_found" };
      const page = (cursor: string | undefined) =>
        this.#client.conversations.history({ ...this.#pages(sinceMs, cursor), channel: channelId });
      const found = await search(page, (message) => !isInThread(message) && carries(message, id), signal);
      return outcomeOf(found, channelId);
    } catch (error) {
      return unfound(error);
    }
  }

  async findReply(ref: MessageRef, key: string, sinceMs: EpochMs, signal: AbortSignal): Promise<FindOutcome> {
    const place = placeOf(ref);
    if (place === null) return { kind: "unknown", reason: "bad_ref" };
    try {
      const page = (cursor: string | undefined) =>
        this.#client.conversations.replies({ ...this.#pages(sinceMs, cursor), ...place });
      const found = await search(page, (message) => isReply(message, key), signal);
      return outcomeOf(found, place.channel);
    } catch (error) {
      return unfound(error);
    }
  }

  /** The alert whose message stands there; null where none does, or Slack does not say. */
  async alertAt({ channel, ts }: Place): Promise<string | null> {
    try {
      const { messages = [] } = await this.#client.conversations.replies({
        channel,
        ts,
        limit: 1,
        include_all_metadata: true,
      });
      const first = (messages as readonly Found[]).find((message) => message.ts === ts);
      return first === undefined ? null : alertIdOf(first);
    } catch {
      return null;
    }
  }

  #pages(sinceMs: EpochMs, cursor: string | undefined) {
    const common = {
      oldest: seconds(sinceMs - SKEW_MS),
      inclusive: true,
      limit: PER_PAGE,
      include_all_metadata: true,
    };
    return cursor === undefined ? common : { ...common, cursor };
  }

  /** Only the channels that the app is in: listing all of a large workspace would use up the limit for hours. */
  async #channelId(channel: string): Promise<string | null> {
    const known = CHANNEL_ID.test(channel) ? channel : this.#channelIds.get(channel);
    if (known !== undefined) return known;
    const name = channel.replace(/^#/, "");
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await this.#client.users.conversations({
        types: "public_channel,private_channel",
        exclude_archived: true,
        limit: PER_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const { id, name: found } of answer.channels ?? []) {
        if (id !== undefined && found === name) this.learn(channel, id);
      }
      cursor = answer.response_metadata?.next_cursor;
      if (this.#channelIds.has(channel) || cursor === undefined || cursor === "") break;
    }
    return this.#channelIds.get(channel) ?? null;
  }
}

/** Away for now, or nothing that waiting mends. */
function unfound(error: unknown): FindOutcome {
  const { retryable, retryAfterMs, reason } = slackFailure(error);
  return retryable ? { kind: "unreachable", retryAfterMs, reason } : { kind: "unknown", reason };
}

function isInThread({ ts, thread_ts: thread }: Found): boolean {
  return thread !== undefined && thread !== ts;
}

interface Page {
  readonly messages?: readonly unknown[];
  readonly response_metadata?: { readonly next_cursor?: string };
}

type Searched = { readonly ts: string } | "absent" | "unfinished";

async function search(
  page: (cursor: string | undefined) => Promise<Page>,
  fits: (message: Found) => boolean,
  signal: AbortSignal,
): Promise<Searched> {
  let cursor: string | undefined;
  for (let turn = 0; turn < MAX_PAGES && !signal.aborted; turn++) {
    const { messages = [], response_metadata: next } = await page(cursor);
    const found = (messages as readonly Found[]).find(fits);
    if (found?.ts !== undefined) return { ts: found.ts };
    cursor = next?.next_cursor;
    if (cursor === undefined || cursor === "") return "absent";
  }
  return "unfinished";
}

function outcomeOf(found: Searched, channel: string): FindOutcome {
  if (found === "absent") return { kind: "absent" };
  if (found === "unfinished") return { kind: "unknown", reason: "history_too_long" };
  return { kind: "found", ref: { channel, ts: found.ts } };
}
