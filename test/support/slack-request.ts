import { createHmac } from "node:crypto";

export const SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5";

export interface Signed {
  readonly atMs?: number;
  readonly secret?: string;
  readonly contentType?: string;
  readonly unsigned?: boolean;
}

/** Sends a body as Slack does, signed for real. */
export function slackPost(url: string, body: string, options: Signed = {}): Promise<Response> {
  const seconds = Math.floor((options.atMs ?? Date.now()) / 1_000);
  const hmac = createHmac("sha256", options.secret ?? SIGNING_SECRET).update(`v0:${seconds}:${body}`);
  const signature: Record<string, string> =
    options.unsigned === true
      ? {}
      : { "x-slack-request-timestamp": String(seconds), "x-slack-signature": `v0=${hmac.digest("hex")}` };
  const contentType = options.contentType ?? "application/x-www-form-urlencoded";
  return fetch(url, { method: "POST", body, headers: { "content-type": contentType, ...signature } });
}

let triggers = 0;

/** Slack's tickets for modals; no two requests are the same. */
function nextTrigger(): string {
  triggers++;
  return `1.2.${triggers}`;
}

const CALLER = { team_id: "T1", channel_id: "C01", api_app_id: "A1", is_enterprise_install: "false" };

export function slashBody(text: string, responseUrl: string, command = "/anomalies"): string {
  const user = { user_id: "U01", user_name: "alice", trigger_id: nextTrigger() };
  return new URLSearchParams({ ...CALLER, ...user, command, text, response_url: responseUrl }).toString();
}

export interface Click {
  readonly actionId: string;
  readonly value: string;
  readonly responseUrl: string;
  readonly ephemeral?: boolean;
}

export function clickBody(click: Click): string {
  const payload = {
    type: "block_actions",
    team: { id: "T1", domain: "acme" },
    user: { id: "U01", username: "alice", name: "alice", team_id: "T1" },
    api_app_id: "A1",
    token: "x",
    trigger_id: nextTrigger(),
    container: {
      type: "message",
      channel_id: "C01",
      message_ts: "1.0",
      is_ephemeral: click.ephemeral === true,
    },
    channel: { id: "C01", name: "alerts" },
    response_url: click.responseUrl,
    actions: [
      {
        type: "button",
        action_id: click.actionId,
        block_id: "b",
        value: click.value,
        action_ts: "1.1",
        text: { type: "plain_text", text: "x" },
      },
    ],
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

/** What we read of a modal as we have sent it. */
export interface ModalView {
  readonly private_metadata: string;
}

const USER = { id: "U01", username: "alice", name: "alice", team_id: "T1" };

function payload(content: unknown): string {
  return new URLSearchParams({ payload: JSON.stringify(content) }).toString();
}

interface Choices {
  readonly target: string;
  readonly duration: string;
  readonly reason: string;
}

function stateOf({ target, duration, reason }: Choices): unknown {
  const option = (value: string) => ({ text: { type: "plain_text", text: "x" }, value });
  return {
    values: {
      "mute.target": { "mute:target": { type: "static_select", selected_option: option(target) } },
      "mute.duration": { "mute:duration": { type: "static_select", selected_option: option(duration) } },
      "mute.reason": { "mute:reason": { type: "plain_text_input", value: reason === "" ? null : reason } },
    },
  };
}

function view(metadata: string, choices: Choices): unknown {
  return {
    id: "V01",
    hash: "h2",
    type: "modal",
    callback_id: "mute",
    private_metadata: metadata,
    state: stateOf(choices),
    blocks: [],
  };
}

/** Another target is chosen in the mute modal. */
export function rechooseBody(metadata: string, target: string): string {
  return payload({
    type: "block_actions",
    team: { id: "T1", domain: "acme" },
    user: USER,
    api_app_id: "A1",
    token: "x",
    trigger_id: nextTrigger(),
    container: { type: "view", view_id: "V01" },
    view: view(metadata, { target, duration: "3600000", reason: "" }),
    actions: [
      {
        type: "static_select",
        action_id: "mute:target",
        block_id: "mute.target",
        action_ts: "1.1",
        selected_option: { text: { type: "plain_text", text: "x" }, value: target },
      },
    ],
  });
}

/** The mute modal is sent off. */
export function submitBody(metadata: string, choices: Choices): string {
  return payload({
    type: "view_submission",
    team: { id: "T1", domain: "acme" },
    user: USER,
    api_app_id: "A1",
    token: "x",
    trigger_id: nextTrigger(),
    view: view(metadata, choices),
    response_urls: [],
  });
}

export interface MentionEvent {
  readonly text: string;
  readonly ts: string;
  readonly thread_ts: string;
  readonly bot_id: string;
}

/** Somebody names the app; each call with another `ts` is the same event sent again. */
export function mentionBody(change: Partial<MentionEvent>): string {
  const event = { type: "app_mention", user: "U01", channel: "C01", ts: "2.0", ...change };
  return JSON.stringify({ type: "event_callback", team_id: "T1", event_id: "Ev01", event });
}
