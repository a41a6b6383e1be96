import type { Bar } from "./bars.ts";
import {
  blamedOn,
  cascadeNamed,
  familyRecall,
  precisionAtQuarter,
  timesFewer,
  type ScenarioFigures,
} from "./figures.ts";
import type { RealDetector, RealFigures } from "./real/figures.ts";
import { ANY_ERROR_ANYWHERE } from "./real/timeline.ts";
import { detectPercentile, falsePerWeek, recallOf, shareOf, weeksOf, type Share } from "./score.ts";
import type { LeaveOut } from "./leave-out.ts";
import type { SameAlerts } from "./same-alerts.ts";

type Both = readonly [gate: number, ambition: number];

function higher(name: string, value: number, from: string, [gate, ambition]: Both): Bar {
  return { name, better: "higher", value, from, gate, ambition };
}

function lower(name: string, value: number, from: string, [gate, ambition]: Both): Bar {
  return { name, better: "lower", value, from, gate, ambition };
}

function share(name: string, { hits, of }: Share, both: Both): Bar {
  return higher(name, shareOf({ hits, of }), `${hits} of ${of}`, both);
}

function falseBar(name: string, { ours }: ScenarioFigures, both: Both): Bar {
  const from = `${ours.falseAlarms.length} in ${weeksOf(ours).toFixed(0)} service-weeks`;
  return lower(name, falsePerWeek(ours), from, both);
}

function barsOfA(figures: ScenarioFigures): readonly Bar[] {
  const { ours } = figures;
  const detected = `${recallOf(ours).hits} faults`;
  return [
    falseBar("A: false alerts per service-week", figures, [0.15, 0.05]),
    share("A: recall", recallOf(ours), [0.93, 0.97]),
    share("A: recall, silence", familyRecall(ours, "silence"), [0.97, 0.99]),
    share("A: recall, spike", familyRecall(ours, "spike"), [0.97, 0.99]),
    share("A: recall, new error", familyRecall(ours, "new_error"), [0.95, 0.98]),
    share("A: recall, step", familyRecall(ours, "step"), [0.85, 0.95]),
    lower("A: minutes to detect, p50", detectPercentile(ours, 0.5), detected, [2, 1]),
    lower("A: minutes to detect, p90", detectPercentile(ours, 0.9), detected, [8, 5]),
    higher("A: precision at 0.25 faults a week", precisionAtQuarter(ours), "computed", [0.6, 0.8]),
    higher(
      "A: times fewer false alerts than the best peer",
      timesFewer(figures),
      "at equal recall",
      [10, 30],
    ),
    lower("A: alerts after faults of the pipeline", blamedOn(ours, /^premise /), "", [0, 0]),
    share("A: cascades, origin named first", cascadeNamed(ours, 1), [0.6, 0.8]),
    share("A: cascades, origin among three", cascadeNamed(ours, 3), [0.85, 0.95]),
  ];
}

function barsOfB(figures: ScenarioFigures): readonly Bar[] {
  const { ours } = figures;
  return [
    falseBar("B: false alerts per service-week", figures, [0.5, 0.15]),
    lower("B: alerts after faults of the pipeline", blamedOn(ours, /^premise /), "", [0, 0]),
    lower("B: alerts on the day of a clock change", blamedOn(ours, /^benign dst/), "", [0, 0]),
  ];
}

function barsFromDayOne(figures: ScenarioFigures): readonly Bar[] {
  return [
    share("from day 1: recall", recallOf(figures.ours), [0.85, 0.9]),
    falseBar("from day 1: false alerts per service-week", figures, [0.3, 0.1]),
  ];
}

export function scenarioBars(figures: ScenarioFigures): readonly Bar[] {
  switch (figures.scenario) {
    case "A":
      return barsOfA(figures);
    case "B":
      return barsOfB(figures);
    case "A from day 1":
      return barsFromDayOne(figures);
  }
}

function falseHour(name: string, { falseHits, falsePerHour }: RealDetector, bar: number): Bar {
  return lower(name, falsePerHour, `${falseHits} alerts`, [bar, bar]);
}

function openstackBars({ variant, detectors }: RealFigures, own: RealDetector): readonly Bar[] {
  const found = { hits: own.found, of: own.of };
  const name = `openstack, ${variant}`;
  if (variant !== "as recorded") {
    return [
      share(`${name}: recall`, found, [0.85, 0.85]),
      falseHour(`${name}: false alerts per hour`, own, 0.1),
    ];
  }
  const trivial = detectors.find((detector) => detector.name === ANY_ERROR_ANYWHERE);
  const trivialFalse = trivial?.falsePerHour ?? Number.NaN;
  const isBetter = own.found >= (trivial?.found ?? 0) && own.falsePerHour <= trivialFalse;
  return [
    share(`${name}: recall`, found, [0.97, 0.97]),
    falseHour(`${name}: false alerts per hour`, own, 0.05),
    higher(`${name}: no worse than any ERROR in both`, isBetter ? 1 : 0, "1: yes", [1, 1]),
    share(`${name}: true service named first`, { hits: own.first, of: own.found }, [0.9, 0.9]),
  ];
}

export function realBars(figures: RealFigures, ours: string): readonly Bar[] {
  const own = figures.detectors.find(({ name }) => name === ours);
  if (own === undefined) return [];
  if (figures.set === "openstack") return openstackBars(figures, own);
  if (figures.variant !== "as recorded") return [];
  return [
    higher("nezha: faults found", own.found, `of ${own.of}`, [12, 12]),
    lower("nezha: false alerts", own.falseHits, "", [1, 1]),
    share("nezha: true service among three", { hits: own.top3, of: own.found }, [0.8, 0.8]),
  ];
}

export function sameBar({ panes, records, recordCount }: SameAlerts): Bar {
  const isSame = panes.length === records.length && panes.every((line, i) => line === records[i]);
  const from = `${panes.length} and ${records.length} alerts, ${recordCount} records`;
  return higher("record by record gives the same alerts", isSame ? 1 : 0, from, [1, 1]);
}

/** No testbed, day, seed or kind of fault carries a figure alone. */
export function leaveOutBar(leaveOuts: readonly LeaveOut[]): Bar {
  const moved = leaveOuts.filter(({ isStable }) => !isStable).length;
  return lower(
    "figures that one group left out moves out of their interval",
    moved,
    `of ${leaveOuts.length}`,
    [0, 0],
  );
}
