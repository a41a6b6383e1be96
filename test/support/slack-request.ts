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

const CALLER = { team_id: "T1", channel_id: "C01", api_app_id: "A1", is_enterprise_install: "false" };

export function slashBody(text: string, responseUrl: string, command = "/anomalies"): string {
  const user = { user_id: "U01", user_name: "alice", trigger_id: "1.2.abc" };
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
    trigger_id: "1.2.abc",
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
