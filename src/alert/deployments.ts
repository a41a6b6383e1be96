import type { SeriesModel } from "../baseline/series-model.ts";
import type { ModelOf } from "../anomaly/shared-patterns.ts";
import { count } from "../anomaly/words.ts";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { SilencedFinding } from "./ledger.ts";
import type { EvidenceItem } from "./recent-evidence.ts";

/** What is new in a service so long after a new version of it came is put down to that. */
const WATCHED_MS = 30 * MINUTE_MS;
/** An alert so long after it still shows what a deployment has brought. */
const SHOWN_MS = 6 * 60 * MINUTE_MS;
const MAX_DEPLOYMENTS = 500;
const MAX_VERSION_CHARS = 80;

interface Deployment {
  readonly model: SeriesModel;
  readonly version: string;
  readonly atMs: EpochMs;
  /** null: still watched. */
  brought: Brought | null;
}

export interface DeploymentJson extends Omit<Deployment, "model"> {
  readonly seriesKey: string;
}

/** New templates, and those of them that are errors. */
interface Brought {
  readonly templates: number;
  readonly errors: number;
}

/** What each new version of a service brought with it: told once, as a note, and shown with the alerts that follow. */
export class Deployments {
  readonly #deployments: Deployment[] = [];

  /** A version that was not there before, while another one was. */
  saw(model: SeriesModel, version: string, atMs: EpochMs): void {
    if (this.#deployments.length >= MAX_DEPLOYMENTS) this.#deployments.shift();
    this.#deployments.push({ model, version: version.slice(0, MAX_VERSION_CHARS), atMs, brought: null });
  }

  /** One note for each deployment whose time is over. */
  ended(nowMs: EpochMs): readonly SilencedFinding[] {
    const notes: SilencedFinding[] = [];
    for (const deployment of this.#deployments) {
      if (deployment.brought !== null || nowMs - deployment.atMs < WATCHED_MS) continue;
      deployment.brought = broughtBy(deployment);
      notes.push(noteOf(deployment, deployment.brought, nowMs));
    }
    while ((this.#deployments[0]?.atMs ?? Infinity) < nowMs - SHOWN_MS) this.#deployments.shift();
    return notes;
  }

  toJson(): readonly DeploymentJson[] {
    return this.#deployments.map(({ model, ...one }) => ({ ...one, seriesKey: model.key }));
  }

  restore(json: readonly DeploymentJson[], modelOf: ModelOf): void {
    for (const { seriesKey, ...one } of json) {
      const model = modelOf(seriesKey);
      if (model !== undefined) this.#deployments.push({ ...one, model });
    }
  }

  /** For an alert of these series: deployments of the last hours that brought something new. */
  evidence(keys: ReadonlySet<string>): readonly EvidenceItem[] {
    return this.#deployments
      .filter(({ model }) => keys.has(model.key))
      .flatMap((deployment): EvidenceItem[] => {
        const brought = deployment.brought ?? broughtBy(deployment);
        if (brought.templates === 0) return [];
        const { model, version, atMs } = deployment;
        return [
          {
            kind: "deployment",
            service: model.series.service,
            template: null,
            count: brought.templates,
            firstSeenAtMs: atMs,
            examples: [],
            note: sentence(version, brought),
          },
        ];
      });
  }
}

function broughtBy({ model, atMs }: Deployment): Brought {
  let templates = 0;
  let errors = 0;
  for (const { firstMs, grade } of model.patterns.values()) {
    if (firstMs < atMs || firstMs >= atMs + WATCHED_MS) continue;
    templates += 1;
    if (grade >= 2) errors += 1;
  }
  return { templates, errors };
}

function sentence(version: string, { templates, errors }: Brought): string {
  const what = `${count(templates)} new ${templates === 1 ? "template" : "templates"}`;
  return `deployment of version ${version} introduced ${what}, ${count(errors)} at error`;
}

function noteOf({ model, version }: Deployment, brought: Brought, atMs: EpochMs): SilencedFinding {
  const { environment, service } = model.series;
  return {
    environment,
    service,
    category: "deployment",
    pattern: null,
    severity: null,
    observed: brought.templates,
    expected: null,
    gate: "gate",
    reason: `for information: ${sentence(version, brought)}`,
    alertId: null,
    atMs,
  };
}
