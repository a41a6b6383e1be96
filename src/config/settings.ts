import { z } from "zod";
import { analysisSettings } from "./analysis-settings.ts";
import { overrideList } from "./overrides.ts";
import { routeList, webhookList } from "./routes.ts";
import { section } from "./setting.ts";
import {
  channel,
  clockTime,
  duration,
  fraction,
  host,
  httpUrl,
  integer,
  oneOf,
  origins,
  port,
  prefixed,
  slackMembers,
  size,
  text,
  token,
} from "./values.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1_024;
const MIB = 1_024 * KIB;
const GIB = 1_024 * MIB;

const SECRET = { prints: "secret" } as const;
const EVERYBODY = { fallbackNote: "everybody" } as const;
const ADDRESS = { prints: "address" } as const;

const MAX_PATH = 4_096;
const MAX_LIST = 4_096;
const MAX_NAME = 128;

const listening = section("Listening");
const storage = section("Storage");
const detection = section("Detection");
const alerts = section("Alerts");
const slack = section("Slack");
const bounds = section("Bounds");
const process = section("Process");

const listeningSettings = {
  TOCSIN_HOST: listening.given(host, "127.0.0.1", "Address that every port listens on"),
  TOCSIN_PORT: listening.given(port, "8000", "API, Slack, health and metrics; 0 picks a free port"),
  TOCSIN_OTLP_PORT: listening.given(port, "4318", "OTLP over HTTP; 0 picks a free port"),
  TOCSIN_OTLP_GRPC_PORT: listening.given(port, "4317", "OTLP over gRPC; 0 picks a free port"),
  TOCSIN_PUBLIC_URL: listening.absent(httpUrl, "Where people reach port 8000 from outside", ADDRESS),
  TOCSIN_INGEST_TOKEN: listening.absent(
    token,
    "Bearer token that OTLP, over HTTP and gRPC, and `/logs/ingest` ask for",
    SECRET,
  ),
  TOCSIN_API_TOKEN: listening.absent(
    token,
    "Bearer token for everything on port 8000 but health, metrics and Slack",
    SECRET,
  ),
  TOCSIN_TLS_CERT: listening.absent(
    text(MAX_PATH),
    "Certificate file, PEM with its chain; with it the OTLP ports speak TLS",
  ),
  TOCSIN_TLS_KEY: listening.absent(text(MAX_PATH), "Key file of the certificate, PEM, unencrypted"),
  TOCSIN_TLS_CLIENT_CA: listening.absent(
    text(MAX_PATH),
    "CA file, PEM; with it senders must show a certificate of this CA",
  ),
  TOCSIN_CORS_ORIGINS: listening.absent(
    origins(MAX_LIST),
    "Origins that browsers may send to `/v1/logs` from, such as `https://shop.example.com, https://*.example.com`; `*` for all",
  ),
};

const storageSettings = {
  DATABASE_URL: storage.absent(
    prefixed(/^postgres(ql)?:\/\/./, "postgres://user:password@host:5432/tocsin"),
    "Postgres; absent: embedded Postgres in `TOCSIN_DATA_DIR`",
    ADDRESS,
  ),
  REDIS_URL: storage.absent(
    prefixed(/^rediss?:\/\/./, "redis://host:6379/0"),
    "Redis for baselines; absent: memory, with snapshots in the database",
    ADDRESS,
  ),
  TOCSIN_DATA_DIR: storage.given(text(MAX_PATH), "./data", "Folder of the embedded Postgres"),
  TOCSIN_RETENTION: storage.given(
    duration(HOUR, 3_650 * DAY),
    "30d",
    "How long resolved alerts, the ledger, ended mutes, proposals and the templates of silent services are kept",
  ),
  TOCSIN_EVIDENCE_RETENTION: storage.absent(
    duration(HOUR, 3_650 * DAY),
    "How long the example lines of a resolved alert are kept; its counts and templates stay",
    { fallbackNote: "as long as the alert" },
  ),
};

const detectionSettings = {
  TOCSIN_WINDOW: detection.given(duration(SECOND, DAY), "5m", "The sliding window that is judged"),
  TOCSIN_BUCKET: detection.given(duration(100, HOUR), "10s", "The panes that the window is made of"),
  TOCSIN_EVALUATE_EVERY: detection.given(duration(50, HOUR), "1s", "How often the window is judged"),
  TOCSIN_WARMUP: detection.absent(
    duration(0, 7 * DAY),
    "Continuous input after a start before volume and service alerts",
    { fallbackNote: "one window" },
  ),
  TOCSIN_BASELINE_ALPHA: detection.given(fraction(0, 1), "0.2", "Weight of the newest window in a baseline"),
  TOCSIN_BASELINE_TTL: detection.given(
    duration(MINUTE, 365 * DAY),
    "24h",
    "A baseline that was not stepped for so long is forgotten",
  ),
  TOCSIN_BASELINE_RELEARN: detection.given(
    duration(0, 365 * DAY),
    "1h",
    "A change that lasts so long is taken as normal; 0 steps always",
  ),
  TOCSIN_DETECTORS: detection.given(
    oneOf(["all", "classic"]),
    "all",
    "`all`: the detection engine; `classic`: the three original rules",
  ),
  TOCSIN_FALSE_ALERT_BUDGET: detection.given(
    fraction(0, 1_000),
    "0.05",
    "False alerts that you put up with per service and week: the one knob of the engine",
  ),
  TOCSIN_BUDGET_OVERRIDES: detection.absent(
    overrideList,
    "Other budgets for some services, categories or detectors, by comma, the first that fits: `checkout=0.5, batch-*:volume_drop=shadow, *:new_pattern=0.01`",
  ),
  TOCSIN_SHADOW: detection.absent(
    text(MAX_LIST),
    "Detectors or categories, by comma, that are only watched: stored and listed, nobody told",
  ),
};

const alertSettings = {
  TOCSIN_COOLDOWN: alerts.given(
    duration(0, 30 * DAY),
    "15m",
    "What comes in this time joins the running alert",
  ),
  TOCSIN_COOLDOWN_SCOPE: alerts.given(
    oneOf(["service", "category"]),
    "service",
    "`service`: findings about one service cool down apart; `category`: one alert per category for everything",
  ),
  TOCSIN_REMIND_EVERY: alerts.given(
    duration(0, 30 * DAY),
    "15m",
    "A critical alert that nobody has acknowledged is told again after so long; 0 never",
  ),
  TOCSIN_STORM_ALERTS: alerts.given(
    integer(0, 10_000),
    "10",
    "More new alerts a minute than this become one message that names each; critical ones never; 0 turns it off",
  ),
  TOCSIN_HEARTBEAT_URL: alerts.absent(
    httpUrl,
    "Address that is called every minute while the detector evaluates, and not when it is stuck",
    ADDRESS,
  ),
  TOCSIN_DIGEST_AT: alerts.given(
    clockTime,
    "09:00",
    "When Slack gets the digest of the last day, UTC; `off` for none",
  ),
  TOCSIN_ROUTES: alerts.absent(
    routeList,
    "Where which alerts go, a JSON list; in the file a YAML list; see [Routes](#routes-and-webhooks)",
  ),
  TOCSIN_WEBHOOKS: alerts.absent(
    webhookList,
    "Addresses that get alerts as signed JSON, a list as above",
    SECRET,
  ),
};

const slackSettings = {
  SLACK_BOT_TOKEN: slack.absent(
    prefixed(/^(xoxe\.)?xox[bp]-\S+$/, "xoxb-… (the bot token)"),
    "Bot token; absent: alerts go to the terminal",
    SECRET,
  ),
  SLACK_SIGNING_SECRET: slack.absent(token, "For requests over HTTP to `/slack/events`", SECRET),
  SLACK_APP_TOKEN: slack.absent(
    prefixed(/^xapp-\S+$/, "xapp-… (the app-level token)"),
    "For Socket Mode; wins when both are set",
    SECRET,
  ),
  SLACK_API_URL: slack.absent(httpUrl, "Another Slack API, for tests and gateways", ADDRESS),
  TOCSIN_SLACK_CHANNEL: slack.absent(channel, "Channel that alerts are posted in, such as `#alerts`"),
  TOCSIN_SLACK_MUTERS: slack.absent(
    slackMembers,
    "Who may mute from Slack: ids of users (`U…`) or user groups (`S…`), with commas",
    EVERYBODY,
  ),
  TOCSIN_SLACK_RESOLVERS: slack.absent(slackMembers, "Who may resolve from Slack", EVERYBODY),
  TOCSIN_SLACK_APPROVERS: slack.absent(slackMembers, "Who may approve proposals from Slack", EVERYBODY),
};

const boundSettings = {
  TOCSIN_MAX_BODY: bounds.given(
    size(KIB, GIB),
    "64MiB",
    "Largest request body, before and after decompression",
  ),
  TOCSIN_MAX_IN_FLIGHT: bounds.given(
    size(MIB, 64 * GIB),
    "256MiB",
    "Bodies being read at the same time; above it senders get 503",
  ),
  TOCSIN_MAX_SERVICES: bounds.given(
    integer(1, 1_000_000),
    "5000",
    "Services counted apart; further ones share one name",
  ),
  TOCSIN_INGEST_WORKERS: bounds.absent(
    integer(0, 64),
    "Threads that unpack and count large requests; absent: one less than there are processors, 1 to 8",
  ),
};

const processSettings = {
  TOCSIN_CONFIG: process.given(
    text(MAX_PATH),
    "tocsin.yaml",
    "The configuration file; environment and command line only",
  ),
  TOCSIN_LOG_LEVEL: process.given(
    oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
    "info",
    "Tocsin's own log: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`",
  ),
  TOCSIN_REPLICA: process.absent(text(MAX_NAME), "Name of this process among several", {
    fallbackNote: "host name",
  }),
};

/** Every setting by its environment name: what it may be, its default, and what people read about it. */
export const settingsSchema = z
  .strictObject({
    ...listeningSettings,
    ...storageSettings,
    ...detectionSettings,
    ...alertSettings,
    ...analysisSettings,
    ...slackSettings,
    ...boundSettings,
    ...processSettings,
  })
  .readonly();

export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;
