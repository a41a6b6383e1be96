import { hostname } from "node:os";
import { crossProblems, crossWarnings } from "./config/checks.ts";
import { describe, infoOf } from "./config/describe.ts";
import type { Given } from "./config/describe.ts";
import type { Secret } from "./config/secret.ts";
import { settingsSchema } from "./config/settings.ts";
import { routesOf, webhooksOf, type WebhookConfig } from "./config/routes.ts";
import type { Override } from "./alert/overrides.ts";
import type { Route } from "./alert/route.ts";
import type { SettingName, Settings } from "./config/settings.ts";
import { readEnvironment, readFile, readOverrides } from "./config/sources.ts";
import type { Said, Source } from "./config/sources.ts";

export { settingsTable } from "./config/describe.ts";
export { Secret } from "./config/secret.ts";

export type SlackMode =
  | { readonly kind: "http"; readonly signingSecret: Secret }
  | { readonly kind: "socket"; readonly appToken: Secret };

export interface SlackConfig {
  readonly botToken: Secret;
  readonly mode: SlackMode;
  /** As people wrote it: a name with or without `#`, or an id. */
  readonly channel: string;
  readonly apiUrl: string | null;
  /** Ids of those who may, by what they may; null: everybody. */
  readonly roles: Readonly<Record<"mute" | "resolve" | "approve", readonly string[] | null>>;
}

/** Files in PEM. */
export interface TlsConfig {
  readonly certPath: string;
  readonly keyPath: string;
  /** Null: senders need no certificate. */
  readonly clientCaPath: string | null;
}

/** The effective configuration, frozen to the bottom. Durations in milliseconds, sizes in bytes. */
export interface Config {
  readonly api: {
    readonly host: string;
    readonly port: number;
    readonly token: Secret | null;
    readonly publicUrl: string | null;
  };
  readonly otlp: {
    readonly host: string;
    readonly port: number;
    readonly grpcPort: number;
    readonly corsOrigins: readonly string[];
  };
  /** Of the OTLP ports; null: plain. */
  readonly tls: TlsConfig | null;
  readonly ingestToken: Secret | null;
  readonly database: {
    readonly url: Secret | null;
    readonly dataDir: string;
    readonly retentionMs: number;
    /** null: as long as the alert. */
    readonly evidenceRetentionMs: number | null;
  };
  readonly redis: { readonly url: Secret | null };
  readonly window: {
    readonly windowMs: number;
    readonly bucketMs: number;
    readonly evaluateEveryMs: number;
    readonly warmupMs: number;
  };
  readonly baseline: { readonly alpha: number; readonly ttlMs: number; readonly relearnMs: number };
  readonly detection: {
    readonly detectors: Settings["TOCSIN_DETECTORS"];
    readonly falseAlertBudget: number;
    readonly shadow: readonly string[];
    readonly overrides: readonly Override[];
  };
  readonly cooldown: { readonly cooldownMs: number; readonly scope: "service" | "category" };
  readonly alerts: {
    readonly remindEveryMs: number;
    readonly stormPerMinute: number;
    readonly routes: readonly Route[];
    readonly webhooks: readonly WebhookConfig[];
    readonly heartbeatUrl: string | null;
    /** Minutes after midnight, UTC; null: no digest. */
    readonly digestAtMinutes: number | null;
  };
  readonly analysis: {
    /** null: statistics alone. */
    readonly apiKey: Secret | null;
    readonly baseUrl: string | null;
    readonly model: string;
    readonly effort: Settings["TOCSIN_EFFORT"];
    readonly concurrency: number;
    readonly timeoutMs: number;
    readonly maxTokens: number;
    /** null: one call for every alert. */
    readonly deep: {
      readonly model: string;
      readonly effort: Settings["TOCSIN_AI_DEEP_EFFORT"];
      readonly maxTokens: number;
      readonly maxTurns: number;
      readonly timeoutMs: number;
    } | null;
    readonly callTimeoutMs: number;
    readonly maxAttempts: number;
    /** Where the model refuses; null: none. */
    readonly fallbackModel: string | null;
    readonly prices: Settings["TOCSIN_AI_PRICES"];
    readonly evidenceTokens: number;
    /** In USD; null: no limit. */
    readonly budget: { readonly perDay: number | null; readonly perMonth: number | null };
    readonly templatesOnly: boolean;
    readonly runbooksDir: string;
  };
  /** null: alerts go to the terminal. */
  readonly slack: SlackConfig | null;
  readonly limits: {
    readonly maxBodyBytes: number;
    readonly maxInFlightBytes: number;
    readonly maxServices: number;
    /** null: as many as the machine has room for. */
    readonly ingestWorkers: number | null;
  };
  readonly process: { readonly logLevel: Settings["TOCSIN_LOG_LEVEL"]; readonly replica: string };
  /** Who said what, for `describeConfig`. */
  readonly given: ReadonlyMap<SettingName, Given>;
}

export interface ConfigInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** null where there is no configuration file. */
  readonly yamlText: string | null;
  /** `--set KEY=VALUE`, by environment name; an empty value goes back to the default. */
  readonly overrides?: Readonly<Record<string, string>>;
}

export type ConfigOutcome =
  | { readonly kind: "ok"; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

const SILENT: Said = { values: new Map(), problems: [], warnings: [] };

/** Later sources win; an override with an empty value takes the setting away again. */
function merge(sources: readonly (readonly [Source, Said])[]): Map<SettingName, Given> {
  const merged = new Map<SettingName, Given>();
  for (const [source, said] of sources) {
    for (const [name, text] of said.values) {
      if (text === "") merged.delete(name);
      else merged.set(name, { text, source });
    }
  }
  return merged;
}

interface Checked {
  readonly settings: Settings;
  readonly problems: readonly string[];
}

/** Takes bad values out and goes on, so that every problem is told at once. */
function check(given: ReadonlyMap<SettingName, Given>): Checked {
  const texts = new Map<string, string>([...given].map(([name, { text }]) => [name, text]));
  const first = settingsSchema.safeParse(Object.fromEntries(texts));
  const issues = first.success ? [] : first.error.issues;
  const bad = new Set(issues.map((issue) => String(issue.path[0])));
  for (const name of bad) texts.delete(name);
  const settings = settingsSchema.parse(Object.fromEntries(texts));
  const own = issues.map((issue) => `${String(issue.path[0])} ${issue.message}`);
  return { settings, problems: [...own, ...crossProblems(settings, bad)] };
}

function reservedWarnings(given: ReadonlyMap<SettingName, Given>): string[] {
  return [...given.keys()].filter((name) => infoOf(name).reserved).map((name) => `${name} has no effect yet`);
}

function slackConfig(settings: Settings): SlackConfig | null {
  const { SLACK_BOT_TOKEN: botToken, TOCSIN_SLACK_CHANNEL: channel, SLACK_APP_TOKEN: appToken } = settings;
  const signingSecret = settings.SLACK_SIGNING_SECRET;
  if (botToken === null || channel === null) return null;
  const roles = {
    mute: settings.TOCSIN_SLACK_MUTERS,
    resolve: settings.TOCSIN_SLACK_RESOLVERS,
    approve: settings.TOCSIN_SLACK_APPROVERS,
  };
  const common = { botToken, channel, apiUrl: settings.SLACK_API_URL, roles };
  if (appToken !== null) return { ...common, mode: { kind: "socket", appToken } };
  return signingSecret === null ? null : { ...common, mode: { kind: "http", signingSecret } };
}

function tlsConfig(settings: Settings): TlsConfig | null {
  const { TOCSIN_TLS_CERT: certPath, TOCSIN_TLS_KEY: keyPath, TOCSIN_TLS_CLIENT_CA: clientCaPath } = settings;
  return certPath === null || keyPath === null ? null : { certPath, keyPath, clientCaPath };
}

function group(settings: Settings, given: ReadonlyMap<SettingName, Given>): Config {
  const host = settings.TOCSIN_HOST;
  return {
    api: {
      host,
      port: settings.TOCSIN_PORT,
      token: settings.TOCSIN_API_TOKEN,
      publicUrl: settings.TOCSIN_PUBLIC_URL,
    },
    otlp: {
      host,
      port: settings.TOCSIN_OTLP_PORT,
      grpcPort: settings.TOCSIN_OTLP_GRPC_PORT,
      corsOrigins: settings.TOCSIN_CORS_ORIGINS ?? [],
    },
    tls: tlsConfig(settings),
    ingestToken: settings.TOCSIN_INGEST_TOKEN,
    database: {
      url: settings.DATABASE_URL,
      dataDir: settings.TOCSIN_DATA_DIR,
      retentionMs: settings.TOCSIN_RETENTION,
      evidenceRetentionMs: settings.TOCSIN_EVIDENCE_RETENTION,
    },
    redis: { url: settings.REDIS_URL },
    ...detection(settings),
    alerts: alertsConfig(settings),
    analysis: analysis(settings),
    slack: slackConfig(settings),
    limits: {
      maxBodyBytes: settings.TOCSIN_MAX_BODY,
      maxInFlightBytes: settings.TOCSIN_MAX_IN_FLIGHT,
      maxServices: settings.TOCSIN_MAX_SERVICES,
      ingestWorkers: settings.TOCSIN_INGEST_WORKERS,
    },
    process: { logLevel: settings.TOCSIN_LOG_LEVEL, replica: settings.TOCSIN_REPLICA ?? hostname() },
    given,
  };
}

function alertsConfig(settings: Settings): Config["alerts"] {
  return {
    remindEveryMs: settings.TOCSIN_REMIND_EVERY,
    stormPerMinute: settings.TOCSIN_STORM_ALERTS,
    routes: routesOf(settings.TOCSIN_ROUTES),
    webhooks: webhooksOf(settings.TOCSIN_WEBHOOKS),
    heartbeatUrl: settings.TOCSIN_HEARTBEAT_URL,
    digestAtMinutes: settings.TOCSIN_DIGEST_AT,
  };
}

function analysis(settings: Settings): Config["analysis"] {
  return {
    apiKey: settings.ANTHROPIC_API_KEY,
    baseUrl: settings.ANTHROPIC_BASE_URL,
    model: settings.TOCSIN_MODEL,
    effort: settings.TOCSIN_EFFORT,
    concurrency: settings.TOCSIN_AI_CONCURRENCY,
    timeoutMs: settings.TOCSIN_AI_TIMEOUT,
    maxTokens: settings.TOCSIN_AI_MAX_TOKENS,
    deep:
      settings.TOCSIN_AI_DEEP === "off"
        ? null
        : {
            model: settings.TOCSIN_AI_DEEP_MODEL,
            effort: settings.TOCSIN_AI_DEEP_EFFORT,
            maxTokens: settings.TOCSIN_AI_DEEP_MAX_TOKENS,
            maxTurns: settings.TOCSIN_AI_DEEP_TURNS,
            timeoutMs: settings.TOCSIN_AI_DEEP_TIMEOUT,
          },
    callTimeoutMs: settings.TOCSIN_AI_CALL_TIMEOUT,
    maxAttempts: settings.TOCSIN_AI_ATTEMPTS,
    fallbackModel: settings.TOCSIN_AI_FALLBACK_MODEL,
    prices: settings.TOCSIN_AI_PRICES,
    evidenceTokens: settings.TOCSIN_AI_EVIDENCE_TOKENS,
    budget: {
      perDay: settings.TOCSIN_AI_BUDGET_USD_PER_DAY,
      perMonth: settings.TOCSIN_AI_BUDGET_USD_PER_MONTH,
    },
    templatesOnly: settings.TOCSIN_AI_TEMPLATES_ONLY,
    runbooksDir: settings.TOCSIN_RUNBOOKS,
  };
}

function detection(settings: Settings): Pick<Config, "window" | "baseline" | "detection" | "cooldown"> {
  return {
    window: {
      windowMs: settings.TOCSIN_WINDOW,
      bucketMs: settings.TOCSIN_BUCKET,
      evaluateEveryMs: settings.TOCSIN_EVALUATE_EVERY,
      warmupMs: settings.TOCSIN_WARMUP ?? settings.TOCSIN_WINDOW,
    },
    baseline: {
      alpha: settings.TOCSIN_BASELINE_ALPHA,
      ttlMs: settings.TOCSIN_BASELINE_TTL,
      relearnMs: settings.TOCSIN_BASELINE_RELEARN,
    },
    detection: {
      detectors: settings.TOCSIN_DETECTORS,
      falseAlertBudget: settings.TOCSIN_FALSE_ALERT_BUDGET,
      overrides: settings.TOCSIN_BUDGET_OVERRIDES ?? [],
      shadow: (settings.TOCSIN_SHADOW ?? "").split(/[\s,]+/).filter((name) => name !== ""),
    },
    cooldown: { cooldownMs: settings.TOCSIN_COOLDOWN, scope: settings.TOCSIN_COOLDOWN_SCOPE },
  };
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFreeze(part);
  return Object.freeze(value);
}

/** Command line over environment over file over defaults. All problems at once, as sentences without secrets. */
export function loadConfig(input: ConfigInput): ConfigOutcome {
  const file = input.yamlText === null ? SILENT : readFile(input.yamlText);
  const environment = readEnvironment(input.env);
  const overrides = readOverrides(input.overrides ?? {});
  const given = merge([
    ["file", file],
    ["environment", environment],
    ["command line", overrides],
  ]);
  const sources = [overrides, environment, file];
  const { settings, problems } = check(given);
  const all = [...sources.flatMap((said) => said.problems), ...problems];
  if (all.length > 0) return { kind: "invalid", problems: all };
  const warnings = [
    ...sources.flatMap((said) => said.warnings),
    ...reservedWarnings(given),
    ...crossWarnings(settings),
  ];
  return { kind: "ok", config: deepFreeze(group(settings, given)), warnings };
}

/** Where the configuration file is; a path that somebody named must exist. */
export function configFile(
  env: ConfigInput["env"],
  overrides: ConfigInput["overrides"] = {},
): { readonly path: string; readonly required: boolean } {
  const named = overrides["TOCSIN_CONFIG"]?.trim() || env["TOCSIN_CONFIG"]?.trim();
  return named ? { path: named, required: true } : { path: "tocsin.yaml", required: false };
}

/** Lines `NAME=value  # source` for `tocsin config`, secrets masked. */
export function describeConfig(config: Config): string {
  return describe(config.given);
}
