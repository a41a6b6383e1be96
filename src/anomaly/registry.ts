import type { Detector } from "./detector.ts";
import { errorSpike } from "./error-spike.ts";
import { serviceChange } from "./service-change.ts";
import { volumeSpike } from "./volume-spike.ts";

/** The three original rules. */
export const CLASSIC_DETECTORS: readonly Detector[] = [errorSpike, volumeSpike, serviceChange];
