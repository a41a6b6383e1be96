import type { TocsinProcess } from "./process-tocsin.ts";
import { until } from "./process-until.ts";

const LEARNS_WITHIN_MS = 60_000;

export interface ShownAlert {
  readonly anomaly_id: string;
  readonly category: string;
  readonly status: string;
  readonly affected_services: readonly string[];
}

export async function recentAlerts(tocsin: TocsinProcess): Promise<readonly ShownAlert[]> {
  const { status, body } = await tocsin.get("/alerts/recent");
  if (status !== 200) throw new Error(`/alerts/recent answered ${status}`);
  return (body as { alerts: ShownAlert[] }).alerts;
}

/** Resolves when the service's normal is known, so that a break can be told from it. */
export async function learned(tocsin: TocsinProcess, service: string): Promise<void> {
  await until(`${service} is learnt`, LEARNS_WITHIN_MS, async () => {
    const { body } = await tocsin.get("/services");
    const { services } = body as { services: { service: string; state: string }[] };
    return services.find((row) => row.service === service && row.state === "normal");
  });
}

/** Windows of 10 s, so that a story of learning, breaking and recovering fits into a test. */
export const SHORT_WINDOWS = {
  TOCSIN_WINDOW: "10s",
  TOCSIN_BUCKET: "1s",
  TOCSIN_EVALUATE_EVERY: "250ms",
} as const;
