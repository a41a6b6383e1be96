import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { configFile, describeConfig, loadConfig, settingsTable } from "../../src/config.ts";
import type { Config, ConfigInput } from "../../src/config.ts";

function ok(input: Partial<ConfigInput>): { config: Config; warnings: readonly string[] } {
  const outcome = loadConfig({ env: {}, yamlText: null, ...input });
  if (outcome.kind === "invalid") throw new Error(outcome.problems.join("\n"));
  return outcome;
}

function problems(input: Partial<ConfigInput>): readonly string[] {
  const outcome = loadConfig({ env: {}, yamlText: null, ...input });
  return outcome.kind === "invalid" ? outcome.problems : [];
}

const SLACK = { SLACK_BOT_TOKEN: "xoxb-1-secret", TOCSIN_SLACK_CHANNEL: "#alerts" };

describe("defaults", () => {
  test("nothing configured is a working configuration without warnings", () => {
    const { config, warnings } = ok({ env: { PATH: "/bin", HOME: "/" } });
    expect(warnings).toStrictEqual([]);
    expect(config).toMatchObject({
      api: { host: "127.0.0.1", port: 8_000, token: null, publicUrl: null },
      otlp: { host: "127.0.0.1", port: 4_318 },
      ingestToken: null,
      database: { url: null, dataDir: "./data", retentionMs: 2_592_000_000 },
      redis: { url: null },
      window: { windowMs: 300_000, bucketMs: 10_000, evaluateEveryMs: 1_000, warmupMs: 300_000 },
      baseline: { alpha: 0.2, ttlMs: 86_400_000, relearnMs: 3_600_000 },
      cooldown: { cooldownMs: 900_000, scope: "service" },
      analysis: {
        apiKey: null,
        baseUrl: null,
        model: "claude-sonnet-5-5",
        effort: "high",
        concurrency: 2,
        timeoutMs: 120_000,
        maxTokens: 8_000,
      },
      slack: null,
      limits: { maxBodyBytes: 67_108_864, maxInFlightBytes: 268_435_456, maxServices: 5_000 },
      process: { logLevel: "info" },
    });
    expect(config.process.replica).not.toBe("");
  });

  test("the configuration is frozen to the bottom", () => {
    const { config } = ok({ env: { ...SLACK, SLACK_APP_TOKEN: "xapp-1" } });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.window)).toBe(true);
    expect(Object.isFrozen(config.slack?.mode)).toBe(true);
  });

  test("the warm-up is one window unless it is set", () => {
    expect(ok({ env: { TOCSIN_WINDOW: "1m" } }).config.window.warmupMs).toBe(60_000);
    expect(ok({ env: { TOCSIN_WARMUP: "0" } }).config.window.warmupMs).toBe(0);
  });
});

describe("sources", () => {
  test("the command line wins over the environment, the environment over the file, the file over the default", () => {
    const yamlText = "window: 1m\nbucket: 5s\ncooldown: 10m\n";
    const env = { TOCSIN_WINDOW: "2m", TOCSIN_BUCKET: "4s" };
    const { config } = ok({ yamlText, env, overrides: { TOCSIN_WINDOW: "3m" } });
    expect(config.window).toMatchObject({ windowMs: 180_000, bucketMs: 4_000, evaluateEveryMs: 1_000 });
    expect(config.cooldown.cooldownMs).toBe(600_000);
  });

  test("the file's keys are the environment names in lower case without TOCSIN_", () => {
    const yamlText =
      'slack_channel: "#alerts"\nslack_bot_token: xoxb-1\nslack_signing_secret: abc\nport: 0\nbaseline_alpha: 0.5\n';
    const { config } = ok({ yamlText });
    expect(config.slack?.channel).toBe("#alerts");
    expect(config.slack?.mode.kind).toBe("http");
    expect(config.api.port).toBe(0);
    expect(config.baseline.alpha).toBe(0.5);
  });

  test.for<[string, string | null]>([
    ["no file", null],
    ["an empty file", ""],
    ["comments alone", "# nothing\n"],
    ["an empty document", "---\n...\n"],
    ["a null", "~\n"],
  ])("%s leaves the defaults", ([, yamlText]) => {
    expect(ok({ yamlText }).config.api.port).toBe(8_000);
  });

  test("an empty environment variable counts as not set", () => {
    const { config } = ok({ env: { SLACK_BOT_TOKEN: "", TOCSIN_PORT: "  " }, yamlText: "port: 9000" });
    expect(config.slack).toBeNull();
    expect(config.api.port).toBe(9_000);
  });

  test("an override with an empty value goes back to the default", () => {
    const { config } = ok({ env: { TOCSIN_WINDOW: "2m" }, overrides: { TOCSIN_WINDOW: "" } });
    expect(config.window.windowMs).toBe(300_000);
  });

  test("an unquoted channel is a comment in YAML, and a warning says so", () => {
    const { warnings } = ok({ yamlText: "slack_channel: #alerts\n" });
    expect(warnings).toStrictEqual([
      "slack_channel is empty in the file; a value that starts with # must be quoted",
    ]);
  });

  test("the file's place comes from the command line, then the environment, and must then exist", () => {
    expect(configFile({})).toStrictEqual({ path: "tocsin.yaml", required: false });
    expect(configFile({ TOCSIN_CONFIG: "/etc/t.yaml" })).toStrictEqual({
      path: "/etc/t.yaml",
      required: true,
    });
    expect(configFile({ TOCSIN_CONFIG: "/etc/t.yaml" }, { TOCSIN_CONFIG: "x.yaml" }).path).toBe("x.yaml");
  });
});

describe("problems", () => {
  test.for<[string, Partial<ConfigInput>, string]>([
    [
      "an unknown name, with the nearest known one",
      { env: { TOCSIN_WINDW: "5m" } },
      "TOCSIN_WINDW: unknown setting; did you mean TOCSIN_WINDOW?",
    ],
    [
      "an unknown name that is near to none",
      { env: { TOCSIN_QQQQQQQQ: "1" } },
      "TOCSIN_QQQQQQQQ: unknown setting",
    ],
    [
      "an unknown key of the file",
      { yamlText: "windw: 5m" },
      "windw: unknown key in the configuration file; did you mean window?",
    ],
    [
      "an environment name as a key of the file",
      { yamlText: "TOCSIN_WINDOW: 5m" },
      "TOCSIN_WINDOW: unknown key in the configuration file; did you mean window?",
    ],
    [
      "a key called __proto__",
      { yamlText: "__proto__: 1" },
      "__proto__: unknown key in the configuration file",
    ],
    [
      "an unknown override",
      { overrides: { TOCSIN_BUKET: "1s" } },
      "TOCSIN_BUKET: unknown setting; did you mean TOCSIN_BUCKET?",
    ],
    ["a map where a value belongs", { yamlText: "window:\n  size: 5m" }, "window: must be a single value"],
    ["a reference in the file", { yamlText: "window: &w 5m\nbucket: *w" }, "bucket: must be a single value"],
    [
      "a key twice in the file",
      { yamlText: "window: 5m\nwindow: 6m" },
      "the configuration file is not valid YAML: duplicate_key in line 2",
    ],
    [
      "a file that is no map",
      { yamlText: "- window" },
      "the configuration file must be a list of `key: value` lines",
    ],
    [
      "a duration without a unit",
      { env: { TOCSIN_WINDOW: "300" } },
      "TOCSIN_WINDOW must be a duration such as 250ms, 10s, 5m, 24h or 30d, from 1s to 1d",
    ],
    [
      "a size that is none",
      { env: { TOCSIN_MAX_BODY: "64MB" } },
      "TOCSIN_MAX_BODY must be a size such as 512KiB, 64MiB or 1GiB, from 1KiB to 1GiB",
    ],
    [
      "a port out of range",
      { env: { TOCSIN_PORT: "65536" } },
      "TOCSIN_PORT must be a whole number from 0 to 65535",
    ],
    [
      "an alpha of 0",
      { env: { TOCSIN_BASELINE_ALPHA: "0" } },
      "TOCSIN_BASELINE_ALPHA must be a number above 0 and at most 1",
    ],
    [
      "a word outside its list",
      { env: { TOCSIN_COOLDOWN_SCOPE: "team" } },
      "TOCSIN_COOLDOWN_SCOPE must be one of service, category",
    ],
    [
      "a host with a scheme",
      { env: { TOCSIN_HOST: "http://0.0.0.0" } },
      "TOCSIN_HOST must be an address or a host name without scheme and port, such as 127.0.0.1 or 0.0.0.0",
    ],
    [
      "an address that is none",
      { env: { TOCSIN_PUBLIC_URL: "tocsin.example.com" } },
      "TOCSIN_PUBLIC_URL must be an address such as https://tocsin.example.com",
    ],
    [
      "a database of another kind",
      { env: { DATABASE_URL: "mysql://localhost/x" } },
      "DATABASE_URL must look like postgres://user:password@host:5432/tocsin",
    ],
    [
      "an app token in the place of the bot token",
      { env: { ...SLACK, SLACK_BOT_TOKEN: "xapp-1", SLACK_APP_TOKEN: "xapp-1" } },
      "SLACK_BOT_TOKEN must look like xoxb-… (the bot token)",
    ],
    [
      "a token with a blank",
      { env: { TOCSIN_API_TOKEN: "two words" } },
      "TOCSIN_API_TOKEN must be printable ASCII without blanks, at most 512 characters",
    ],
    [
      "a bad value of a reserved name",
      { env: { TOCSIN_DETECTORS: "some" } },
      "TOCSIN_DETECTORS must be one of all, classic",
    ],
    [
      "a certificate without its key",
      { env: { TOCSIN_TLS_CERT: "cert.pem" } },
      "TOCSIN_TLS_CERT needs TOCSIN_TLS_KEY, the key file",
    ],
    [
      "a key without its certificate",
      { env: { TOCSIN_TLS_KEY: "key.pem" } },
      "TOCSIN_TLS_KEY needs TOCSIN_TLS_CERT, the certificate file",
    ],
    [
      "a client CA without TLS",
      { env: { TOCSIN_TLS_CLIENT_CA: "ca.pem" } },
      "TOCSIN_TLS_CLIENT_CA needs TOCSIN_TLS_CERT and TOCSIN_TLS_KEY",
    ],
    [
      "an origin with a path",
      { env: { TOCSIN_CORS_ORIGINS: "https://a.example.com/" } },
      "TOCSIN_CORS_ORIGINS must be origins without path, such as https://shop.example.com, https://*.example.com, or *; at most 4096 characters",
    ],
    [
      "a window that is no multiple of the bucket",
      { env: { TOCSIN_WINDOW: "65s", TOCSIN_BUCKET: "10s" } },
      "TOCSIN_WINDOW (65s) and TOCSIN_BUCKET (10s): the window must be a multiple of the bucket",
    ],
    [
      "a window of two buckets",
      { env: { TOCSIN_WINDOW: "20s" } },
      "TOCSIN_WINDOW (20s) and TOCSIN_BUCKET (10s): the window must hold at least 3 buckets",
    ],
    [
      "a window of very many buckets",
      { env: { TOCSIN_WINDOW: "1d", TOCSIN_BUCKET: "1s" } },
      "TOCSIN_WINDOW (1d) and TOCSIN_BUCKET (1s): the window may hold at most 1000 buckets",
    ],
    [
      "evaluations further apart than the window",
      { env: { TOCSIN_EVALUATE_EVERY: "10m" } },
      "TOCSIN_EVALUATE_EVERY must not be longer than TOCSIN_WINDOW",
    ],
    [
      "baselines that are forgotten within one window",
      { env: { TOCSIN_BASELINE_TTL: "1m" } },
      "TOCSIN_BASELINE_TTL must not be shorter than TOCSIN_WINDOW",
    ],
    [
      "one port for two servers",
      { env: { TOCSIN_PORT: "4318" } },
      "TOCSIN_PORT and TOCSIN_OTLP_PORT are both 4318",
    ],
    [
      "one port for both kinds of OTLP",
      { env: { TOCSIN_OTLP_GRPC_PORT: "4318" } },
      "TOCSIN_OTLP_PORT and TOCSIN_OTLP_GRPC_PORT are both 4318",
    ],
    [
      "a body larger than all bodies together",
      { env: { TOCSIN_MAX_IN_FLIGHT: "1MiB" } },
      "TOCSIN_MAX_IN_FLIGHT (1MiB) must be at least TOCSIN_MAX_BODY (64MiB)",
    ],
    [
      "a Slack token without a channel",
      { env: { SLACK_BOT_TOKEN: "xoxb-1", SLACK_SIGNING_SECRET: "s" } },
      "SLACK_BOT_TOKEN needs TOCSIN_SLACK_CHANNEL, the channel that alerts are posted in",
    ],
    [
      "a Slack token without a way to hear from Slack",
      { env: SLACK },
      "SLACK_BOT_TOKEN needs SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode)",
    ],
  ])("%s stops the start", ([, input, expected]) => {
    expect(problems(input)).toStrictEqual([expected]);
  });

  test("every problem of every source is listed at once", () => {
    const found = problems({
      env: { TOCSIN_WINDW: "5m", TOCSIN_PORT: "x", SLACK_BOT_TOKEN: "xoxb-1" },
      yamlText: "cooldwn: 5m\nbucket: 7s\n",
      overrides: { TOCSIN_MODLE: "m" },
    });
    expect(found.map((problem) => problem.split(/[\s:]/)[0])).toStrictEqual([
      "TOCSIN_MODLE",
      "TOCSIN_WINDW",
      "cooldwn",
      "TOCSIN_PORT",
      "TOCSIN_WINDOW",
      "SLACK_BOT_TOKEN",
      "SLACK_BOT_TOKEN",
    ]);
  });

  test("a rule over two settings is left out while one of them is bad itself", () => {
    expect(problems({ env: { TOCSIN_WINDOW: "7", TOCSIN_BUCKET: "7s" } })).toHaveLength(1);
  });

  test("no problem quotes a value or a line of the file", () => {
    const found = problems({
      env: { TOCSIN_API_TOKEN: "hush hush", SLACK_BOT_TOKEN: "hush", TOCSIN_HUSH: "hush" },
      yamlText: "api_token: *hush\n: :\n\t- hush",
    }).join("\n");
    expect(found).not.toContain("hush");
  });
});

describe("warnings", () => {
  test("names that Kubernetes injects are ignored with one warning", () => {
    const { config, warnings } = ok({
      env: {
        TOCSIN_PORT: "tcp://10.0.0.1:8000",
        TOCSIN_SERVICE_HOST: "10.0.0.1",
        TOCSIN_SERVICE_PORT: "8000",
        TOCSIN_SERVICE_PORT_HTTP: "8000",
        TOCSIN_PORT_8000_TCP: "tcp://10.0.0.1:8000",
        TOCSIN_PORT_8000_TCP_ADDR: "10.0.0.1",
        TOCSIN_PORT_8000_TCP_PORT: "8000",
        TOCSIN_PORT_8000_TCP_PROTO: "tcp",
        TOCSIN_OTLP_PORT: "tcp://10.0.0.2:4318",
        TOCSIN_OTLP_SERVICE_HOST: "10.0.0.2",
        TOCSIN_OTLP_PORT_4318_TCP: "tcp://10.0.0.2:4318",
      },
    });
    expect(config.api.port).toBe(8_000);
    expect(config.otlp.port).toBe(4_318);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("TOCSIN_PORT, TOCSIN_PORT_8000_TCP");
  });

  test.for<[string, Partial<ConfigInput>, string]>([
    [
      "another host without tokens",
      { env: { TOCSIN_HOST: "0.0.0.0" } },
      "TOCSIN_HOST is 0.0.0.0, which others may reach, without TOCSIN_API_TOKEN and TOCSIN_INGEST_TOKEN",
    ],
    [
      "sending open to every web page",
      { env: { TOCSIN_CORS_ORIGINS: "*" } },
      "TOCSIN_CORS_ORIGINS allows every web page to send logs, without TOCSIN_INGEST_TOKEN",
    ],
    [
      "a channel without a Slack token",
      { env: { TOCSIN_SLACK_CHANNEL: "#alerts" } },
      "TOCSIN_SLACK_CHANNEL without SLACK_BOT_TOKEN: alerts go to the terminal",
    ],
    [
      "a short token",
      { env: { TOCSIN_API_TOKEN: "short" } },
      "TOCSIN_API_TOKEN is shorter than 16 characters and easily guessed",
    ],
  ])("%s is warned of", ([, input, expected]) => {
    expect(ok(input).warnings).toStrictEqual([expected]);
  });

  test.for(["127.0.0.1", "127.8.9.1", "::1", "localhost"])("%s is this machine alone", (host) => {
    expect(ok({ env: { TOCSIN_HOST: host } }).warnings).toStrictEqual([]);
  });
});

describe("Slack", () => {
  test("Socket Mode wins when both are set", () => {
    const { config } = ok({ env: { ...SLACK, SLACK_SIGNING_SECRET: "s", SLACK_APP_TOKEN: "xapp-1" } });
    expect(config.slack?.mode.kind).toBe("socket");
    expect(config.slack?.botToken.reveal()).toBe("xoxb-1-secret");
  });
});

describe("secrets", () => {
  const SECRETS = {
    ...SLACK,
    SLACK_SIGNING_SECRET: "hush-signing",
    SLACK_BOT_TOKEN: "xoxb-hush",
    ANTHROPIC_API_KEY: "sk-hush",
    TOCSIN_API_TOKEN: "hush-api-token-0123",
    TOCSIN_INGEST_TOKEN: "hush-ingest-token-0123",
    DATABASE_URL: "postgres://tocsin:hush@db:5432/tocsin?password=hush",
    REDIS_URL: "redis://:hush@cache:6379/0",
    ANTHROPIC_BASE_URL: "https://me:hush@gateway.example.com/v1",
  };

  test("describeConfig shows what holds and who said it, and no secret", () => {
    const { config } = ok({ env: SECRETS, yamlText: "window: 1m", overrides: { TOCSIN_BUCKET: "5s" } });
    const shown = describeConfig(config);
    expect(shown).not.toContain("hush");
    expect(shown.split("\n")).toEqual(
      expect.arrayContaining([
        "TOCSIN_WINDOW=1m  # file",
        "TOCSIN_BUCKET=5s  # command line",
        "TOCSIN_COOLDOWN=15m  # default",
        "TOCSIN_WARMUP=  # default: one window",
        "TOCSIN_SLACK_CHANNEL=#alerts  # environment",
        "SLACK_BOT_TOKEN=********  # environment",
        "DATABASE_URL=postgres://tocsin:***@db:5432/tocsin?…  # environment",
        "REDIS_URL=redis://:***@cache:6379/0  # environment",
      ]),
    );
  });

  test("a secret prints in no usual way", () => {
    const { config } = ok({ env: SECRETS });
    const { slack, api, analysis, database, redis } = config;
    const parts = { slack, api, database, redis, apiKey: analysis.apiKey };
    const printed = [JSON.stringify(parts), inspect(parts, { depth: 9 }), `${String(api.token)}`].join("\n");
    expect(printed).not.toContain("hush");
    expect(api.token?.reveal()).toBe("hush-api-token-0123");
  });
});

describe("settingsTable", () => {
  test("has a row for each setting", () => {
    const lines = settingsTable().split("\n");
    expect(lines[0]).toBe("| setting | default | meaning |");
    expect(lines).toContain("| `TOCSIN_WINDOW` | `5m` | The sliding window that is judged |");
    expect(lines.filter((line) => line.includes("`DATABASE_URL`"))).toHaveLength(1);
    expect(lines.every((line) => (line.match(/(?<!\\)\|/g) ?? []).length === 4)).toBe(true);
  });
});
