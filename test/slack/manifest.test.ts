import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { slackManifest } from "../../src/slack/manifest.ts";

describe("slackManifest", () => {
  test("over HTTP everything goes to the one URL", () => {
    const manifest: unknown = parse(slackManifest("https://tocsin.acme.example/", false));
    const url = "https://tocsin.acme.example/slack/events";
    expect(manifest).toMatchObject({
      features: { slash_commands: [{ command: "/anomalies", url }] },
      oauth_config: { scopes: { bot: ["chat:write", "chat:write.public", "commands"] } },
      settings: { interactivity: { is_enabled: true, request_url: url }, socket_mode_enabled: false },
    });
  });

  test("in Socket Mode it holds no URL", () => {
    const text = slackManifest("https://tocsin.acme.example", true);
    expect(text).not.toContain("http");
    expect(parse(text)).toMatchObject({ settings: { socket_mode_enabled: true } });
  });

  test("without a public URL a placeholder stands in", () => {
    expect(slackManifest(null, false)).toContain("https://tocsin.example.com/slack/events");
  });
});
