import type { Finding } from "../anomaly/finding.ts";
import { RareErrors } from "../anomaly/rare-error.ts";
import type { RareErrorsJson } from "../anomaly/rare-error-state.ts";
import type { ModelOf } from "../anomaly/shared-patterns.ts";
import type { Grid } from "../window/grid.ts";
import type { AlertBook } from "./book.ts";
import { Confirmation, type Tracked } from "./confirm.ts";
import type { IncidentJson } from "./incident.ts";
import { Incidents, type IncidentOptions } from "./incidents.ts";
import type { FindingLedger } from "./ledger.ts";
import { Recurring, type RecurringJson } from "./recurring.ts";

/** What the engine follows in one environment. */
export interface Environment {
  readonly rare: RareErrors;
  readonly confirmation: Confirmation;
  readonly incidents: Incidents;
  readonly recurring: Recurring;
}

export interface EnvironmentJson {
  readonly name: string;
  readonly rare: RareErrorsJson;
  /** Those that are followed, then those that are over and belong to an alert that is not. */
  readonly tracked: readonly Tracked[];
  readonly followed: number;
  readonly incidents: readonly IncidentJson[];
  readonly recurring: RecurringJson;
}

export interface EnvironmentOptions extends Omit<IncidentOptions, "stepMs"> {
  /** False alerts that people put up with per service and week. */
  readonly falseAlertBudget: number;
}

/** The environments that have logged, each with what is going on in it. */
export class Environments {
  readonly #create: () => Environment;
  readonly #grid: Grid;
  readonly #byName = new Map<string, Environment>();

  constructor(options: EnvironmentOptions, grid: Grid, book: AlertBook, ledger: FindingLedger) {
    const incidentOptions: IncidentOptions = { ...options, stepMs: grid.stepMs };
    this.#grid = grid;
    this.#create = () => ({
      rare: new RareErrors(grid.stepMs, options.falseAlertBudget),
      confirmation: new Confirmation(grid),
      incidents: new Incidents(incidentOptions, book, ledger),
      recurring: new Recurring(),
    });
  }

  get(name: string): Environment {
    let environment = this.#byName.get(name);
    if (environment === undefined) {
      environment = this.#create();
      this.#byName.set(name, environment);
    }
    return environment;
  }

  /** Panes that nobody looked at. */
  hold(panes: number): void {
    for (const { confirmation, incidents } of this.#byName.values()) {
      confirmation.hold(panes * this.#grid.paneMs);
      incidents.hold(panes * this.#grid.paneMs);
    }
  }

  open(): readonly Tracked[] {
    return [...this.#byName.values()].flatMap(({ confirmation }) => confirmation.open());
  }

  /** Does anything go on that a crash must not forget? */
  get going(): boolean {
    return [...this.#byName.values()].some(isGoingOn);
  }

  toJson(): readonly EnvironmentJson[] {
    return Array.from(this.#byName, ([name, one]) => toJson(name, one));
  }

  restore(json: readonly EnvironmentJson[], modelOf: ModelOf): void {
    for (const one of json) restore(one, this.get(one.name), modelOf);
  }
}

function isGoingOn({ rare, confirmation, incidents }: Environment): boolean {
  return rare.going || incidents.going || confirmation.all().length > 0;
}

function toJson(name: string, environment: Environment): EnvironmentJson {
  const { rare, confirmation, incidents, recurring } = environment;
  const tracked = [...confirmation.all()];
  const places = new Map<unknown, number>(tracked.map((one, place) => [one, place]));
  const followed = tracked.length;
  const placeOf = (one: Tracked): number => {
    const place = places.get(one) ?? tracked.push(one) - 1;
    places.set(one, place);
    return place;
  };
  const incidentsJson = incidents.toJson(placeOf);
  return {
    name,
    rare: rare.toJson(),
    incidents: incidentsJson,
    recurring: recurring.toJson((one) => places.get(one) ?? -1),
    tracked: [...tracked],
    followed,
  };
}

function restore(
  json: EnvironmentJson,
  { rare, confirmation, incidents, recurring }: Environment,
  modelOf: ModelOf,
): void {
  const tracked = json.tracked.map((one): Tracked => ({
    ...one,
    peak: withInfinity(one.peak),
    newest: withInfinity(one.newest),
  }));
  rare.restore(json.rare, modelOf);
  confirmation.restore(tracked.slice(0, json.followed));
  incidents.restore(json.incidents, tracked);
  recurring.restore(json.recurring, tracked);
}

/** JSON has no word for what is beyond all chance. */
function withInfinity(
  finding: Omit<Finding, "score" | "surprise"> & { score: number | null; surprise: number | null },
): Finding {
  return { ...finding, score: finding.score ?? Infinity, surprise: finding.surprise ?? Infinity };
}
