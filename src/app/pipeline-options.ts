import { openingAnalysis } from "../analysis/opening.ts";
import { CLASSIC_DETECTORS } from "../anomaly/registry.ts";
import type { Config } from "../config.ts";
import type { EpochMs } from "../log/time.ts";
import type { PipelineOptions } from "../pipeline.ts";

/** What the pipeline takes from the configuration, for the service and for replay alike. */
export function pipelineOptions(config: Config, epoch: EpochMs, claudeFollows: boolean): PipelineOptions {
  const { window, baseline, cooldown, detection } = config;
  return {
    ...window,
    ...baseline,
    ...cooldown,
    detectors: CLASSIC_DETECTORS,
    engine: detection.detectors === "classic" ? null : { ...detection, saved: epoch > 0 },
    storesTemplates: epoch > 0,
    maxServices: config.limits.maxServices,
    replica: config.process.replica,
    epoch,
    analyse: (alert) => openingAnalysis(alert, claudeFollows),
  };
}
