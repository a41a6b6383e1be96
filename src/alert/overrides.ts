import { thresholdFor, type Finding, type Look } from "../anomaly/finding.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import { globMatches } from "./route.ts";

/** What holds for some services, some categories or detectors, in place of what holds for all. */
export interface Override {
  /** A service's name, `*` for any part of one. */
  readonly service: string;
  /** A category or a detector; null: all. */
  readonly subject: string | null;
  /** False alerts per service and week; `shadow`: only watched. */
  readonly value: number | "shadow";
}

/** Of one service. */
interface Rules {
  readonly budgets: readonly Override[];
  readonly shadows: readonly Override[];
  /** The threshold that its detectors are run with: the lowest of all that may be asked of it. */
  readonly tau: number;
}

const MAX_KNOWN = 10_000;

/** The budget and the shadow of each service and category; the first override that fits decides. */
export class Overrides {
  readonly #overrides: readonly Override[];
  readonly #budget: number;
  readonly #shadow: ReadonlySet<string>;
  readonly #known = new Map<string, Rules>();

  /** `budget` and `shadow` hold where no override fits. */
  constructor(overrides: readonly Override[], budget: number, shadow: ReadonlySet<string>) {
    this.#overrides = overrides;
    this.#budget = budget;
    this.#shadow = shadow;
  }

  #rules(service: string): Rules {
    let rules = this.#known.get(service);
    if (rules === undefined) {
      const own = this.#overrides.filter(({ service: glob }) => globMatches(glob, service));
      const budgets = own.filter(({ value }) => value !== "shadow");
      const shadows = own.filter(({ value }) => value === "shadow");
      rules = { budgets, shadows, tau: this.#lowest(budgets) };
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(service, rules);
    }
    return rules;
  }

  /** What follows an override for all categories can never decide. */
  #lowest(budgets: readonly Override[]): number {
    const whole = budgets.findIndex(({ subject }) => subject === null);
    const reached = whole < 0 ? budgets : budgets.slice(0, whole + 1);
    const values = reached.map(({ value }) => (value === "shadow" ? this.#budget : value));
    return thresholdFor(Math.max(...values, ...(whole < 0 ? [this.#budget] : [])));
  }

  isShadow({ series, detector, category }: Finding): boolean {
    if (this.#shadow.has(detector) || this.#shadow.has(category)) return true;
    return this.#rules(series.service).shadows.some(({ subject }) => fits(subject, detector, category));
  }

  /** The look at all services: detectors that judge them together ask it how strict to be with each. */
  all(look: Look): Look {
    if (this.#overrides.length === 0) return look;
    return { ...look, strictness: ({ series }) => this.#rules(series.service).tau / look.tau };
  }

  /** The look at one service. */
  of(look: Look, { series }: SeriesModel): Look {
    if (this.#overrides.length === 0) return look;
    const { tau } = this.#rules(series.service);
    return tau === look.tau ? look : { ...look, tau };
  }

  /** Findings by the budgets of their own categories; `held` are those that these do not allow. */
  judged(
    findings: readonly Finding[],
    look: Look,
  ): { readonly allowed: readonly Finding[]; readonly held: readonly Finding[] } {
    if (this.#overrides.length === 0) return { allowed: findings, held: [] };
    const all = findings.map((finding) => this.#judged(finding));
    const isHeld = ({ weak, score, key }: Finding): boolean => weak && score < 1 && !look.isOpen(key);
    return { allowed: all.filter((finding) => !isHeld(finding)), held: all.filter(isHeld) };
  }

  #judged(finding: Finding): Finding {
    const { budgets, tau } = this.#rules(finding.series.service);
    if (budgets.length === 0) return finding;
    const own = budgets.find(({ subject }) => fits(subject, finding.detector, finding.category));
    const budget = own === undefined || own.value === "shadow" ? this.#budget : own.value;
    const score = (finding.score * tau) / thresholdFor(budget);
    return { ...finding, score, weak: finding.weak || score < 1 };
  }
}

function fits(subject: string | null, detector: string, category: string): boolean {
  return subject === null || subject === detector || subject === category;
}
