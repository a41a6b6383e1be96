import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseManifestArguments, SCOPES, slackManifest } from "../../src/slack/manifest.ts";
import { MANIFEST_SCHEMA } from "../support/slack-manifest-schema.ts";

const valid = new Ajv({ strict: false }).compile(MANIFEST_SCHEMA);
const URL = "https://tocsin.acme.example/slack/events";

describe("slackManifest", () => {
  test.for([
    ["over HTTP", "https://tocsin.acme.example", false],
    ["in Socket Mode", null, true],
    ["without an address", null, false],
  ] as const)("%s it is one that Slack takes", ([, publicUrl, socketMode]) => {
    const manifest: unknown = parse(slackManifest(publicUrl, socketMode));
    valid(manifest);
    expect(valid.errors ?? []).toEqual([]);
  });

  test("the check finds what Slack would refuse", () => {
    expect(valid({ display_information: { name: "x".repeat(36) } })).toBe(false);
    expect(valid({ display_information: { name: "x" }, settings: { other: 1 } })).toBe(false);
    expect(
      valid({ display_information: { name: "x" }, features: { slash_commands: [{ command: "x" }] } }),
    ).toBe(false);
  });

  test("over HTTP everything goes to the one URL", () => {
    expect(parse(slackManifest("https://tocsin.acme.example/", false))).toMatchObject({
      features: { slash_commands: [{ command: "/anomalies", url: URL }] },
      oauth_config: { scopes: { bot: SCOPES.map(({ scope }) => scope) } },
      settings: {
        event_subscriptions: { request_url: URL, bot_events: ["app_mention"] },
        interactivity: { is_enabled: true, request_url: URL },
        socket_mode_enabled: false,
      },
    });
  });

  test("it asks for what finding a message again needs", () => {
    const scopes = SCOPES.map(({ scope }) => scope);
    expect(scopes).toEqual(expect.arrayContaining(["channels:history", "groups:history", "chat:write"]));
    expect(scopes.filter((scope) => /admin|files|users:read\.email|im:/.test(scope))).toEqual([]);
  });

  test("in Socket Mode it holds no URL", () => {
    const text = slackManifest("https://tocsin.acme.example", true);
    expect(text).not.toContain("http");
    expect(parse(text)).toMatchObject({ settings: { socket_mode_enabled: true } });
  });

  test.for([
    [[], { kind: "configured" }],
    [["--socket"], { kind: "socket" }],
    [["--url", "https://t.example"], { kind: "http", url: "https://t.example" }],
    [["--url=https://t.example"], { kind: "http", url: "https://t.example" }],
    [["--url"], { kind: "usage" }],
    [["--url", "http://t.example"], { kind: "usage" }],
    [["--url", "https://t.example", "x"], { kind: "usage" }],
    [["--socket", "x"], { kind: "usage" }],
    [["--help"], { kind: "usage" }],
  ] as const)("slack-manifest %j", ([args, asked]) => {
    expect(parseManifestArguments(args)).toEqual(asked);
  });

  test("without a public URL a placeholder stands in", () => {
    expect(slackManifest(null, false)).toContain("https://tocsin.example.com/slack/events");
  });
});
