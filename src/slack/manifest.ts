/** Where Slack sends events, commands and actions alike. */
export const SLACK_PATH = "/slack/events";

export const COMMAND = "/anomalies";

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
    `      description: ${quote("Recent anomalies, their details and a new analysis")}`,
    `      usage_hint: ${quote("recent [n] | show <id> | analyze <id> | acknowledge <id> | resolve <id> | help")}`,
    "      should_escape: false",
    "oauth_config:",
    "  scopes:",
    "    bot:",
    "      - chat:write",
    "      - chat:write.public",
    "      - commands",
    "settings:",
    "  interactivity:",
    "    is_enabled: true",
    ...url("    ", "request_url"),
    "  org_deploy_enabled: false",
    `  socket_mode_enabled: ${socketMode}`,
    "  token_rotation_enabled: false",
    "",
  ].join("\n");
}
