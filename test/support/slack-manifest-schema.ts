/** The parts of Slack's app manifest (schema 2) that we use, with the limits of its reference; nothing else may be there. */
const text = (maxLength: number, minLength = 1) => ({ type: "string", minLength, maxLength });
const closed = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const httpUrl = (maxLength: number) => ({ type: "string", pattern: "^https?://", maxLength });
const flag = { type: "boolean" };
const scopes = { type: "array", maxItems: 255, uniqueItems: true, items: text(50) };

const command = closed(
  {
    command: { ...text(32, 2), pattern: "^/" },
    url: httpUrl(3_000),
    description: text(2_000),
    usage_hint: text(1_000),
    should_escape: flag,
  },
  ["command", "description"],
);

export const MANIFEST_SCHEMA = closed(
  {
    _metadata: closed({ major_version: { type: "integer" }, minor_version: { type: "integer" } }),
    display_information: closed(
      {
        name: text(35),
        description: text(140),
        long_description: text(4_000, 175),
        background_color: { type: "string", pattern: "^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$" },
      },
      ["name"],
    ),
    features: closed({
      bot_user: closed({ display_name: text(80), always_online: flag }, ["display_name"]),
      slash_commands: { type: "array", minItems: 1, maxItems: 50, items: command },
    }),
    oauth_config: closed({ scopes: closed({ bot: scopes, user: scopes, bot_optional: scopes }) }),
    settings: closed({
      event_subscriptions: closed({
        request_url: httpUrl(3_500),
        bot_events: { type: "array", maxItems: 100, uniqueItems: true, items: text(50) },
      }),
      interactivity: closed({ is_enabled: flag, request_url: httpUrl(3_500) }, ["is_enabled"]),
      org_deploy_enabled: flag,
      socket_mode_enabled: flag,
      token_rotation_enabled: flag,
    }),
  },
  ["display_information"],
);
