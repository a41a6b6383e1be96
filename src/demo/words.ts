import type { AlertView } from "../alert/view.ts";

/** Settings of the service that the demo runs against: a window so short that the story takes a minute and a half. */
export const DEMO_SETTINGS: Readonly<Record<string, string>> = {
  TOCSIN_WINDOW: "10s",
  TOCSIN_BUCKET: "1s",
  TOCSIN_EVALUATE_EVERY: "250ms",
};
export const DEMO_WINDOW_MS = 10_000;

export function introduction(otlpUrl: string, apiUrl: string): readonly string[] {
  return [
    "Tocsin demo: a shop of eight services logs through the OpenTelemetry SDK.",
    "frontend, cart, checkout, payment, inventory, shipping, recommendation, user",
    `  logs go to  ${otlpUrl}/v1/logs`,
    `  alerts are  ${apiUrl}/alerts/recent`,
    "",
    "The shop is healthy. Tocsin learns what is normal, here in windows of 10 s (5 minutes by default).",
  ];
}

export const BREAK = [
  "Now payment's database pool runs dry. Every charge waits for a connection and times out;",
  "checkout and frontend will follow with errors of their own.",
];

export function alertOpened(alert: AlertView, afterMs: number, apiUrl: string): readonly string[] {
  return [
    `Alert ${alert.anomaly_id} opened ${seconds(afterMs)} after the break: ${alert.severity} ${alert.category.replaceAll("_", " ")}.`,
    `As JSON, while the demo runs: curl -s ${apiUrl}/alerts/${alert.anomaly_id}`,
    "The shop stays broken a little longer: what follows joins this alert, nobody is told twice.",
  ];
}

export const RECOVERY = [
  "Somebody ends the stuck transactions; payment gets its connections back.",
  "The alert resolves by itself when its condition has been gone for one window.",
];

export function alertResolved(alert: AlertView, totalMs: number): readonly string[] {
  const openMs = Date.parse(alert.resolved_at ?? "") - Date.parse(alert.detected_at);
  const after = Number.isFinite(openMs) ? ` after ${seconds(openMs)}` : "";
  return [
    `Alert ${alert.anomaly_id} resolved${after}${alert.resolution === null ? "" : `: ${alert.resolution.replaceAll("_", " ")}`}.`,
    `It reached severity ${alert.severity}. The whole story took ${seconds(totalMs)}.`,
  ];
}

export const NEXT_STEPS = [
  "How to go on:",
  "  npm start",
  "      the service with its own data; OTLP on 4318, the API on 8000",
  "  curl -s 'http://127.0.0.1:8000/alerts/recent?limit=10'",
  "      the latest alerts",
  "  curl -s http://127.0.0.1:8000/logs/ingest -H 'content-type: application/json' \\",
  `       -d '{"logs":[{"level":"ERROR","service":"my-app","message":"it works"}]}'`,
  "      a log record without a collector",
  "  npm run -s tocsin -- replay FILE",
  "      your own stored logs, and the alerts they would have raised",
  "README.md tells how to connect a collector, Slack and Claude.",
];

export function seconds(durationMs: number): string {
  return `${Math.max(0, Math.round(durationMs / 1_000))} s`;
}
