/** Where Slack sends events, commands and actions alike. */
export const SLACK_PATH = "/slack/events";

export const COMMAND = "/anomalies";

export interface Scope {
  readonly scope: string;
  /** What does not work without it. */
  readonly without: string;
}

/** What the app asks for, and what each is for. */
export const SCOPES: readonly Scope[] = [
  { scope: "chat:write", without: "no alerts" },
  { scope: "chat:write.public", without: "alerts only where the app was invited" },
  { scope: "commands", without: "no /anomalies" },
  { scope: "app_mentions:read", without: "no answers to a mention in a thread" },
  { scope: "channels:history", without: "a post with an unclear outcome is repeated, in public channels" },
  { scope: "groups:history", without: "a post with an unclear outcome is repeated, in private channels" },
  { scope: "channels:read", without: "a public channel given by name is not found for that search" },
  { scope: "groups:read", without: "a private channel given by name is not found for that search" },
  { scope: "usergroups:read", without: "no roles by user group" },
  { scope: "users:read", without: "ids instead of names for those who mention the app" },
];

const PLACEHOLDER_URL = "https://tocsin.example.com";

/** JSON strings are YAML strings. */
function quote(text: string): string {
  return JSON.stringify(text);
}

/**
 * The app's manifest (YAML) to paste at api.slack.com/apps. `publicUrl` is where Slack reaches this service, null
 * for a placeholder; Socket Mode needs no address but an app-level token with `connections:write`.
 */
export function slackManifest(publicUrl: string | null, socketMode: boolean): string {
  const endpoint = quote(`${(publicUrl ?? PLACEHOLDER_URL).replace(/\/+$/, "")}${SLACK_PATH}`);
  const url = (indent: string, key: string): string[] => (socketMode ? [] : [`${indent}${key}: ${endpoint}`]);
  return [
    "_metadata:",
    "  major_version: 2",
    "  minor_version: 1",
    "display_information:",
    "  name: Tocsin",
    `  description: ${quote("Alerts from logs, with their likely cause, for on-call people")}`,
    `  background_color: "#1f2937"`,
    "features:",
    "  bot_user:",
    "    display_name: tocsin",
    "    always_online: true",
    "  slash_commands:",
    `    - command: ${COMMAND}`,
    ...url("      ", "url"),
    `      description: ${quote("What is wrong, why, what was done about it, and what was kept quiet")}`,
    `      usage_hint: ${quote("recent | show <id> | analyze <id> | ack <id> | mute <what> 2h | why <service> | help")}`,
    "      should_escape: false",
    "oauth_config:",
    "  scopes:",
    "    bot:",
    ...SCOPES.map(({ scope }) => `      - ${scope}`),
    "settings:",
    "  event_subscriptions:",
    ...url("    ", "request_url"),
    "    bot_events:",
    "      - app_mention",
    "  interactivity:",
    "    is_enabled: true",
    ...url("    ", "request_url"),
    "  org_deploy_enabled: false",
    `  socket_mode_enabled: ${socketMode}`,
    "  token_rotation_enabled: false",
    "",
  ].join("\n");
}

export const MANIFEST_USAGE = `usage: tocsin slack-manifest [--socket | --url https://tocsin.example.com]

  --socket  Socket Mode: no public address needed, but an app-level token
  --url     where Slack reaches port 8000 from outside
  neither   what the configuration says`;

export type ManifestRequest =
  | { readonly kind: "configured" }
  | { readonly kind: "socket" }
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "usage" };

const MAX_URL = 2_000;

/** Slack takes no plain HTTP. */
function isHttpsUrl(text: string): boolean {
  return text.length <= MAX_URL && URL.canParse(text) && new URL(text).protocol === "https:";
}

/** Reads what stands after `slack-manifest`. */
export function parseManifestArguments([option, ...rest]: readonly string[]): ManifestRequest {
  if (option === undefined) return { kind: "configured" };
  if (option === "--socket" && rest.length === 0) return { kind: "socket" };
  const [url = ""] = option.startsWith("--url=") ? [option.slice("--url=".length), ...rest] : rest;
  const given = option === "--url" ? rest.length === 1 : option.startsWith("--url=") && rest.length === 0;
  return given && isHttpsUrl(url) ? { kind: "http", url } : { kind: "usage" };
}
