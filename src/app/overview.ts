import type { Clock } from "../clock.ts";
import type { AlertDesk } from "../desk.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Overview } from "../slack/ports.ts";
import type { Notifying } from "./notifying.ts";
import { patternLines } from "./patterns.ts";
import { readinessOf, type ReadinessPorts } from "./readiness.ts";
import { serviceStatuses } from "./service-status.ts";
import type { Storage } from "./storage.ts";

/** What is built after those who need it. */
export interface Late {
  notifying: Notifying | null;
  pipeline: Pipeline | null;
}

export interface OverviewPorts {
  readonly ports: { readonly storage: Storage; readonly clock: Clock; readonly version: string };
  readonly pipeline: Pipeline;
  readonly desk: AlertDesk;
  readonly late: Late;
  readonly savers: Pick<ReadinessPorts, "saver" | "templateSaver">;
}

/** What the running service says about itself to people in Slack; Slack's own state is part of it. */
export function overviewOf({ ports, pipeline, desk, late, savers }: OverviewPorts): Overview {
  const { clock, version } = ports;
  return {
    version,
    services: () => pipeline.standing(clock.now()).flatMap(serviceStatuses),
    pipeline: () => pipeline.notes(clock.now()).map(({ text }) => text),
    patterns: (service) => patternLines(service, pipeline, clock),
    dependencies: async () =>
      late.notifying === null ? [] : readinessOf({ ports, desk, notifying: late.notifying, ...savers })(),
  };
}
