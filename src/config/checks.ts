import { routingComplaint } from "./routes.ts";
import type { SettingName, Settings } from "./settings.ts";
import { formatDuration, formatSize } from "./units.ts";

/** The classic rules need a window that slides in steps; detection work grows with the number of panes. */
const MIN_BUCKETS = 3;
const MAX_BUCKETS = 1_000;
const SHORT_TOKEN = 16;

/** A rule over several settings. It is left out while one of them is itself bad. */
interface Check {
  readonly names: readonly SettingName[];
  /** A sentence where the rule is broken. */
  readonly complaint: (settings: Settings) => string | null;
}

function windowComplaint({ TOCSIN_WINDOW: windowMs, TOCSIN_BUCKET: bucketMs }: Settings): string | null {
  const sizes = `TOCSIN_WINDOW (${formatDuration(windowMs)}) and TOCSIN_BUCKET (${formatDuration(bucketMs)})`;
  if (windowMs % bucketMs !== 0) return `${sizes}: the window must be a multiple of the bucket`;
  const buckets = windowMs / bucketMs;
  if (buckets < MIN_BUCKETS) return `${sizes}: the window must hold at least ${MIN_BUCKETS} buckets`;
  return buckets > MAX_BUCKETS ? `${sizes}: the window may hold at most ${MAX_BUCKETS} buckets` : null;
}

type PortName = "TOCSIN_PORT" | "TOCSIN_OTLP_PORT" | "TOCSIN_OTLP_GRPC_PORT";

function apart(first: PortName, second: PortName): Check {
  return {
    names: [first, second],
    complaint: (settings) => {
      const same = settings[first] !== 0 && settings[first] === settings[second];
      return same ? `${first} and ${second} are both ${settings[first]}` : null;
    },
  };
}

function bodyComplaint(settings: Settings): string | null {
  const { TOCSIN_MAX_BODY: body, TOCSIN_MAX_IN_FLIGHT: inFlight } = settings;
  if (body <= inFlight) return null;
  return `TOCSIN_MAX_IN_FLIGHT (${formatSize(inFlight)}) must be at least TOCSIN_MAX_BODY (${formatSize(body)})`;
}

function evaluateComplaint(settings: Settings): string | null {
  if (settings.TOCSIN_EVALUATE_EVERY <= settings.TOCSIN_WINDOW) return null;
  return "TOCSIN_EVALUATE_EVERY must not be longer than TOCSIN_WINDOW";
}

function baselineComplaint(settings: Settings): string | null {
  if (settings.TOCSIN_BASELINE_TTL >= settings.TOCSIN_WINDOW) return null;
  return "TOCSIN_BASELINE_TTL must not be shorter than TOCSIN_WINDOW";
}

function tlsComplaint(settings: Settings): string | null {
  const { TOCSIN_TLS_CERT: cert, TOCSIN_TLS_KEY: key, TOCSIN_TLS_CLIENT_CA: clientCa } = settings;
  if (cert !== null && key === null) return "TOCSIN_TLS_CERT needs TOCSIN_TLS_KEY, the key file";
  if (cert === null && key !== null) return "TOCSIN_TLS_KEY needs TOCSIN_TLS_CERT, the certificate file";
  return cert === null && clientCa !== null
    ? "TOCSIN_TLS_CLIENT_CA needs TOCSIN_TLS_CERT and TOCSIN_TLS_KEY"
    : null;
}

const CHECKS: readonly Check[] = [
  {
    names: ["TOCSIN_ROUTES", "TOCSIN_WEBHOOKS"],
    complaint: ({ TOCSIN_ROUTES: routes, TOCSIN_WEBHOOKS: webhooks }) => routingComplaint(routes, webhooks),
  },
  { names: ["TOCSIN_TLS_CERT", "TOCSIN_TLS_KEY", "TOCSIN_TLS_CLIENT_CA"], complaint: tlsComplaint },
  { names: ["TOCSIN_WINDOW", "TOCSIN_BUCKET"], complaint: windowComplaint },
  { names: ["TOCSIN_WINDOW", "TOCSIN_EVALUATE_EVERY"], complaint: evaluateComplaint },
  { names: ["TOCSIN_WINDOW", "TOCSIN_BASELINE_TTL"], complaint: baselineComplaint },
  apart("TOCSIN_PORT", "TOCSIN_OTLP_PORT"),
  apart("TOCSIN_PORT", "TOCSIN_OTLP_GRPC_PORT"),
  apart("TOCSIN_OTLP_PORT", "TOCSIN_OTLP_GRPC_PORT"),
  { names: ["TOCSIN_MAX_BODY", "TOCSIN_MAX_IN_FLIGHT"], complaint: bodyComplaint },
  {
    names: ["SLACK_BOT_TOKEN", "TOCSIN_SLACK_CHANNEL"],
    complaint: (settings) =>
      settings.SLACK_BOT_TOKEN !== null && settings.TOCSIN_SLACK_CHANNEL === null
        ? "SLACK_BOT_TOKEN needs TOCSIN_SLACK_CHANNEL, the channel that alerts are posted in"
        : null,
  },
  {
    names: ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"],
    complaint: (settings) =>
      settings.SLACK_BOT_TOKEN !== null &&
      settings.SLACK_SIGNING_SECRET === null &&
      settings.SLACK_APP_TOKEN === null
        ? "SLACK_BOT_TOKEN needs SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode)"
        : null,
  },
];

/** Complaints about settings that are good one by one but not together. */
export function crossProblems(settings: Settings, bad: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  for (const { names, complaint } of CHECKS) {
    const found = names.some((name) => bad.has(name)) ? null : complaint(settings);
    if (found !== null) problems.push(found);
  }
  return problems;
}

/** Only this machine reaches such an address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function openHostWarning(settings: Settings): string[] {
  const open = [
    ...(settings.TOCSIN_API_TOKEN === null ? ["TOCSIN_API_TOKEN"] : []),
    ...(settings.TOCSIN_INGEST_TOKEN === null ? ["TOCSIN_INGEST_TOKEN"] : []),
  ];
  if (isLoopback(settings.TOCSIN_HOST) || open.length === 0) return [];
  return [`TOCSIN_HOST is ${settings.TOCSIN_HOST}, which others may reach, without ${open.join(" and ")}`];
}

function slackWarning(settings: Settings): string[] {
  const names = ["SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "TOCSIN_SLACK_CHANNEL"] as const;
  const given = names.filter((name) => settings[name] !== null);
  if (settings.SLACK_BOT_TOKEN !== null || given.length === 0) return [];
  return [`${given.join(", ")} without SLACK_BOT_TOKEN: alerts go to the terminal`];
}

function shortTokenWarning(settings: Settings): string[] {
  const names = ["TOCSIN_API_TOKEN", "TOCSIN_INGEST_TOKEN"] as const;
  return names
    .filter((name) => (settings[name]?.reveal().length ?? SHORT_TOKEN) < SHORT_TOKEN)
    .map((name) => `${name} is shorter than ${SHORT_TOKEN} characters and easily guessed`);
}

function openOriginWarning(settings: Settings): string[] {
  const any = settings.TOCSIN_CORS_ORIGINS?.includes("*") === true;
  if (!any || settings.TOCSIN_INGEST_TOKEN !== null) return [];
  return ["TOCSIN_CORS_ORIGINS allows every web page to send logs, without TOCSIN_INGEST_TOKEN"];
}

export function crossWarnings(settings: Settings): string[] {
  return [
    ...openHostWarning(settings),
    ...openOriginWarning(settings),
    ...slackWarning(settings),
    ...shortTokenWarning(settings),
  ];
}
