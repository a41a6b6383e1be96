import type { Alert } from "../alert/alert.ts";
import { formatTime } from "../log/time.ts";
import { escapeHtml, shortText, table } from "./html.ts";
import { layout } from "./layout.ts";

const SHOWN_TEXT_LENGTH = 300;

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
  ["POST /alerts/:id/feedback", "say what its analysis was worth"],
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
  ["GET /pipeline", "what is wrong with the way that records come"],
  ["GET /health", "whether the process answers"],
  ["GET /readyz", "whether everything that is configured works"],
  ["GET /metrics", "Prometheus text"],
  ["GET /openapi.json", "the description of all of these"],
];

function alertRow(alert: Alert): readonly string[] {
  const link = `<a href="/alerts/${encodeURIComponent(alert.id)}"><code>${escapeHtml(alert.id)}</code></a>`;
  const cells = [formatTime(Math.floor(alert.detectedAtMs / 1_000) * 1_000), alert.severity, alert.status];
  return [link, ...[...cells, alert.description].map((text) => shortText(text, SHOWN_TEXT_LENGTH))];
}

function alertTable(alerts: readonly Alert[] | "unavailable"): string {
  if (alerts === "unavailable") return "<p>The database is out of reach.</p>";
  if (alerts.length === 0) return "<p>No alerts yet.</p>";
  return table(["alert", "detected", "severity", "status", "what"], alerts.map(alertRow));
}

function endpointTable(): string {
  return table(
    ["request", "what for"],
    ENDPOINTS.map(([request, about]) => [`<code>${escapeHtml(request)}</code>`, escapeHtml(about)]),
  );
}

/** The page at `/`: what happened last and what can be asked. Received text is escaped. */
export function renderPage(alerts: readonly Alert[] | "unavailable", version: string): string {
  const about = `<p>OpenTelemetry logs in, explained alerts out. Version ${escapeHtml(version)}.</p>`;
  const recent = `<h2>Recent alerts</h2>${alertTable(alerts)}`;
  return layout("Tocsin", `<h1>Tocsin</h1>${about}${recent}<h2>Endpoints</h2>${endpointTable()}`);
}
