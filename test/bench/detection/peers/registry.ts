import { anyError } from "./any-error.ts";
import { classicPerService } from "./classic-per-service.ts";
import { ewma } from "./ewma.ts";
import { grafanaAdaptive } from "./grafana-adaptive.ts";
import { grafanaRobust } from "./grafana-robust.ts";
import { seasonalRobust } from "./seasonal-robust.ts";
import { sentryCeiling } from "./sentry.ts";
import { signoz } from "./signoz.ts";
import { skyline } from "./skyline.ts";
import type { Peer } from "./peer.ts";

/** Built from their public descriptions, at their published defaults. */
export const PEERS: readonly Peer[] = [
  anyError,
  classicPerService,
  ewma,
  skyline,
  signoz,
  grafanaAdaptive,
  grafanaRobust,
  seasonalRobust,
  sentryCeiling,
];
