import type { TocsinProcess } from "./process-tocsin.ts";

const WINDOW_MINUTES = 5;

/** Records of a service in the window of five minutes, a restored one included. */
export async function countedOf(tocsin: TocsinProcess, service: string): Promise<number> {
  const { body } = await tocsin.get("/services");
  const { services } = body as { services: { service: string; logs_per_minute: number }[] };
  const perMinute = services.find((row) => row.service === service)?.logs_per_minute ?? 0;
  return Math.round(perMinute * WINDOW_MINUTES);
}

/** The sum of a counter of `/metrics` over the label values that are asked for. */
export async function metricOf(
  tocsin: TocsinProcess,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { body } = await tocsin.get("/metrics");
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const lines = String(body)
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`));
  return lines
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
