import { createHash } from "node:crypto";
import type { RequestHandler } from "express";
import type { Alert } from "../alert/alert.ts";
import type { AlertVerbs } from "../alert/verbs.ts";
import { STRICT_CSP } from "../api/headers.ts";
import type { Route } from "../api/route.ts";
import { formatTime } from "../log/time.ts";
import { escapeHtml } from "./html.ts";

const SHOWN_ALERTS = 10;
const SHOWN_TEXT_LENGTH = 300;

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}" +
  "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .75rem .25rem 0;vertical-align:top}" +
  "code{font:14px ui-monospace,monospace}";

const CSP = `${STRICT_CSP}; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;

const ENDPOINTS: readonly (readonly [request: string, about: string])[] = [
  ["POST /logs/ingest", "take logs in (OTLP has a port of its own)"],
  ["GET /alerts/recent", "alerts, newest first"],
  ["GET /alerts/:id", "one alert"],
  ["GET /alerts/:id/events", "its audit trail"],
  ["POST /alerts/:id/acknowledge", "say that somebody is on it"],
  ["POST /alerts/:id/resolve", "close it"],
  ["POST /alerts/:id/analyze", "analyse it again"],
  ["POST /alerts/:id/reopen", "open it again"],
  ["POST /alerts/:id/snooze", "no reminders and no pings for a while"],
  ["POST /alerts/:id/assign", "say whose it is"],
  ["POST /alerts/:id/note", "write something down about it"],
  ["POST /alerts/:id/merge", "close it into another alert"],
  ["POST /alerts/:id/verdict", "mark it as real or as noise"],
  ["GET /mutes", "what is muted or will be"],
  ["POST /mutes", "mute; with a start it is a maintenance window"],
  ["POST /mutes/preview", "what a mute would have hidden in 30 days"],
  ["POST /mutes/:id/end", "end a mute"],
  ["GET /proposals", "changes that marking noise has proposed"],
  ["POST /proposals/:id/approve", "make the change"],
  ["POST /proposals/:id/reject", "leave all as it is"],
  ["POST /changes", "tell what was deployed, switched or configured"],
  ["GET /changes", "the newest changes"],
  ["GET /why", "what was seen and not sent, and why"],
  ["GET /services/:service/why", "the same of one service"],
  ["GET /digest", "what a period came to"],
  ["POST /test-alert", "one marked alert through every channel"],
  ["GET /services", "every service with its rates and baselines"],
  ["GET /health", "whether the process answers"],
  ["GET /readyz", "whether everything that is configured works"],
  ["GET /metrics", "Prometheus text"],
  ["GET /openapi.json", "the description of all of these"],
];

function cell(text: string): string {
  return `<td>${escapeHtml(text.length > SHOWN_TEXT_LENGTH ? `${text.slice(0, SHOWN_TEXT_LENGTH)}…` : text)}</td>`;
}

function alertRow(alert: Alert): string {
  const link = `<td><a href="/alerts/${encodeURIComponent(alert.id)}"><code>${escapeHtml(alert.id)}</code></a></td>`;
  const cells = [formatTime(Math.floor(alert.detectedAtMs / 1_000) * 1_000), alert.severity, alert.status];
  return `<tr>${link}${[...cells, alert.description].map(cell).join("")}</tr>`;
}

function alertTable(alerts: readonly Alert[] | "unavailable"): string {
  if (alerts === "unavailable") return "<p>The database is out of reach.</p>";
  if (alerts.length === 0) return "<p>No alerts yet.</p>";
  const head = "<tr><th>alert</th><th>detected</th><th>severity</th><th>status</th><th>what</th></tr>";
  return `<table>${head}${alerts.map(alertRow).join("")}</table>`;
}

function endpointTable(): string {
  const rows = ENDPOINTS.map(
    ([request, about]) => `<tr><td><code>${escapeHtml(request)}</code></td>${cell(about)}</tr>`,
  );
  return `<table>${rows.join("")}</table>`;
}

/** The page at `/`: what happened last and what can be asked. Received text is escaped. */
export function renderPage(alerts: readonly Alert[] | "unavailable", version: string): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Tocsin</title><style>${STYLE}</style></head><body><h1>Tocsin</h1>`,
    `<p>OpenTelemetry logs in, explained alerts out. Version ${escapeHtml(version)}.</p>`,
    `<h2>Recent alerts</h2>${alertTable(alerts)}<h2>Endpoints</h2>${endpointTable()}</body></html>\n`,
  ].join("\n");
}

/** The console's routes, for the API to serve under its token. */
export function consoleRoutes(verbs: Pick<AlertVerbs, "recent">, version: string): readonly Route[] {
  const page: RequestHandler = async (_req, res) => {
    const alerts = await verbs.recent({ limit: SHOWN_ALERTS });
    res.set("Content-Security-Policy", CSP).type("html").send(renderPage(alerts, version));
  };
  return [{ method: "get", path: "/", access: "api", handlers: [page] }];
}
