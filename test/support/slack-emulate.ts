import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SIGNING_SECRET } from "./slack-request.ts";

const MODULE = fileURLToPath(new URL("../emulators/node_modules/emulate/dist/api.js", import.meta.url));

/** Installed by `npm ci --prefix test/emulators`. */
export const emulateInstalled = existsSync(MODULE);

interface Running {
  readonly url: string;
  close(): Promise<void>;
}

interface Emulate {
  createEmulator(options: unknown): Promise<Running>;
}

export const EMULATE_TOKEN = "xoxb-tocsin";

function seed(scopes: readonly string[]): unknown {
  const bot = { bot_id: "B0TOCSIN", bot_user_id: "U0TOCSIN" };
  return {
    team: { name: "Acme", domain: "acme" },
    strict_scopes: true,
    signing_secret: SIGNING_SECRET,
    users: [{ name: "alice", real_name: "Alice", email: "alice@example.com" }],
    channels: [{ name: "alerts" }, { name: "private-ops", is_private: true }],
    oauth_apps: [
      {
        client_id: "1.2",
        client_secret: "x",
        app_id: "A0TOCSIN",
        name: "Tocsin",
        redirect_uris: [],
        scopes: [],
        ...bot,
        bot_name: "tocsin",
      },
    ],
    tokens: [{ token: EMULATE_TOKEN, type: "bot", user_id: "U0TOCSIN", ...bot, app_id: "A0TOCSIN", scopes }],
  };
}

/** emulate: another implementation of Slack's Web API by other people, strict about scopes and membership. */
export async function startEmulate(scopes: readonly string[]): Promise<Running> {
  const emulate = (await import(MODULE)) as Emulate;
  return emulate.createEmulator({ service: "slack", port: 0, seed: { slack: seed(scopes) } });
}
