import { formatTime } from "../../../src/log/time.ts";
import type { Alarm } from "./alarm.ts";
import { ProductOnPanes, ProductOnRecords, type Settings } from "./product.ts";
import { Deliveries } from "./workload/deliveries.ts";
import { PANE_MS } from "./workload/generator.ts";
import { RecordWriter } from "./workload/records.ts";
import { workloadOf, type WorkloadSpec } from "./workload/workload.ts";

/** Small enough to be said record by record: no faults of the pipeline, which records cannot tell. */
export const RECORDS_SPEC: Omit<WorkloadSpec, "seed"> = {
  generator: "A",
  services: 6,
  newServices: 0,
  trainDays: 1,
  testDays: 1,
  maxPerMinute: 40,
  hasPremises: false,
};

export interface SameAlerts {
  readonly panes: readonly string[];
  readonly records: readonly string[];
  readonly recordCount: number;
}

function lineOf({ openedAtMs, category, severity, points }: Alarm): string {
  const services = [...new Set(points.map(({ service }) => service ?? "(all)"))].toSorted();
  return `${formatTime(openedAtMs)} ${category} ${severity} ${services.join(",")}`;
}

/** One workload twice through the product: as counts of panes, and record by record as `tocsin replay` reads. */
export async function compareWithRecords(
  seed: number,
  settings: Settings,
  change: Partial<WorkloadSpec> = {},
): Promise<SameAlerts> {
  // Both judge once a pane, at its end.
  const given = { ...settings, TOCSIN_EVALUATE_EVERY: `${PANE_MS / 1_000}s` };
  const workload = workloadOf({ ...RECORDS_SPEC, seed, ...change });
  const deliveries = new Deliveries("workload", workload.startMs);
  const writer = new RecordWriter();
  const onPanes = new ProductOnPanes(given);
  const onRecords = new ProductOnRecords(given);
  let recordCount = 0;
  for (const pane of workload.panes()) {
    await onPanes.step(deliveries.of(pane), pane.startMs + PANE_MS);
    const records = writer.of(pane);
    recordCount += records.length;
    await onRecords.feed(records);
  }
  const panes = (await onPanes.finish(workload.endMs)).map(lineOf);
  const records = (await onRecords.finish()).map(lineOf);
  return { panes, records, recordCount };
}
