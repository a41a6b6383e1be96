import type { Alert } from "../../src/alert/alert.ts";
import type { Change } from "../../src/alert/change.ts";
import { LineMiner } from "../support/template-mining.ts";
import { bytesOf, evidencePack, packJson } from "../../src/analysis/pack.ts";
import { redact } from "../../src/analysis/redact.ts";
import type { LogRecord } from "../../src/log/batch.ts";
import { alertsOf } from "./engine.ts";
import { random } from "./random.ts";
import type { Scenario } from "./scenarios.ts";
import { share, type EvalTable, type Figure } from "./table.ts";

const BUDGETS = [2_000, 4_000, 8_000, 16_000] as const;
const NOISE = [1, 10, 100] as const;
const DECISIVE_TEMPLATES = 2;
const WARN = 13;

const WORDS =
  "cart ledger mail quote stock image profile invoice session report basket parcel tariff voucher ticket".split(
    " ",
  );
const VERBS = "loaded sent cached parsed merged queued copied rotated listed synced".split(" ");

function noiseRecord(
  like: LogRecord,
  timeMs: number,
  severity: number,
  service: string,
  body: string,
): LogRecord {
  return {
    ...like,
    timeMs,
    severity,
    severityText: severity >= 17 ? "ERROR" : severity >= WARN ? "WARN" : "INFO",
    series: { ...like.series, service },
    body,
    attributes: new Map(),
    traceId: null,
  };
}

/** Other services that log beside the incident: chatter, harmless errors that recur, and a few new ones in the window. */
function noiseOf({ records, given }: Scenario, factor: number): readonly LogRecord[] {
  const [like] = records;
  if (like === undefined || factor === 1) return [];
  const next = random(factor);
  const one = (list: readonly string[]): string => list[Math.floor(next() * list.length)] ?? "";
  const fromMs = records.reduce((min, { timeMs }) => Math.min(min, timeMs), Infinity);
  const toMs = given[0]?.atMs ?? fromMs;
  const noise: LogRecord[] = [];
  for (let i = 0; i < records.length * (factor - 1); i++) {
    const service = `${one(WORDS)}-svc`;
    const loud = next();
    const severity = loud < 0.02 ? 17 : loud < 0.05 ? WARN : 9;
    const what = severity >= WARN ? `could not be ${one(VERBS)}, tried again` : one(VERBS);
    noise.push(
      noiseRecord(
        like,
        fromMs + next() * (toMs - fromMs),
        severity,
        service,
        `${one(WORDS)} ${what} ${Math.floor(next() * 1e6)}`,
      ),
    );
  }
  // Things that go wrong for reasons of their own while the incident runs.
  for (let i = 0; i < factor / 5; i++) {
    const body = `${one(WORDS)} ${one(WORDS)} ${String.fromCharCode(97 + (i % 26))}${one(WORDS)} rejected`;
    for (let n = 0; n < 5; n++)
      noise.push(noiseRecord(like, toMs - next() * 240_000, 17, `${one(WORDS)}-svc`, body));
  }
  return noise;
}

function decoysOf({ changes }: Scenario, factor: number): readonly Change[] {
  const next = random(factor + 1);
  const commits = changes.filter(({ kind }) => kind === "commit");
  const [first, last] = [commits[0]?.atMs ?? 0, commits.at(-1)?.atMs ?? 0];
  return Array.from({ length: commits.length * Math.min(factor - 1, 20) }, (_, i): Change => {
    const word = WORDS[Math.floor(next() * WORDS.length)] ?? "";
    return {
      id: `noise ${i}`,
      kind: "commit",
      atMs: first + next() * (last - first),
      service: null,
      environment: null,
      version: null,
      ref: `${i}`.padStart(40, "f"),
      title: `feat(${word}): ${VERBS[i % VERBS.length]} ${word}`,
      files: [`services/${word}/main.ts`],
      diff: `-${word}.size = ${1 + Math.floor(next() * 9)}\n+${word}.size = ${10 + Math.floor(next() * 9)}`,
      source: "api",
    };
  });
}

interface DecisiveMessage {
  readonly template: string;
  readonly lines: readonly string[];
}

function letterCount(template: string): number {
  return template.replace(/<[^<>\s]*>/g, "").replace(/[^A-Za-z]/g, "").length;
}

/** A template as a pattern: its wildcards stand for anything. */
function patternOf(template: string): RegExp {
  const fixed = template.split(/<[^<>\s]*>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${fixed.join(".*").replace(/\s+/g, "\\s+")}$`, "s");
}

/** Whether a template stands for these lines: it fits most of them, and says at least half as much in words. */
function standsFor(template: string, { lines, template: own }: DecisiveMessage): boolean {
  if (template === own) return true;
  if (letterCount(template) < letterCount(own) / 2) return false;
  const pattern = patternOf(template);
  return lines.filter((line) => pattern.test(line)).length > lines.length / 2;
}

/** What somebody has to see to find this cause: the true change, and what the true service says most since. */
function decisive({ records, truth, given }: Scenario): {
  readonly commit: string | null;
  readonly messages: readonly DecisiveMessage[];
} {
  const endMs = given[0]?.atMs ?? Infinity;
  const ofService = records.filter(
    ({ series, timeMs }) => series.service === truth.service && timeMs <= endMs,
  );
  const miner = new LineMiner();
  const ids = miner.assign(ofService.map(({ body }) => redact(body)));
  const lines = new Map<string, string[]>();
  for (const [i, { severity, body }] of ofService.entries()) {
    const id = ids[i];
    if (severity < WARN || id === undefined) continue;
    lines.set(id, [...(lines.get(id) ?? []), redact(body)]);
  }
  const loudest = [...lines].toSorted((a, b) => b[1].length - a[1].length).slice(0, DECISIVE_TEMPLATES);
  return {
    commit: truth.commit,
    messages: loudest.map(([id, said]) => ({ template: miner.text(id), lines: said })),
  };
}

interface Found {
  readonly found: number;
  readonly wanted: number;
}

function inPack(alert: Alert, scenario: Scenario, tokens: number): Found {
  const pack = evidencePack(alert, { maxBytes: bytesOf(tokens) });
  if (Buffer.byteLength(packJson(pack)) > bytesOf(tokens)) return { found: 0, wanted: 1 };
  const { commit, messages } = decisive(scenario);
  const refs = pack.evidence.map(({ change }) => change?.ref ?? null);
  const seen = [
    ...(commit === null ? [] : [refs.includes(commit)]),
    ...messages.map((message) =>
      pack.evidence.some(
        ({ service, template }) =>
          service === scenario.truth.service && template !== null && standsFor(template, message),
      ),
    ),
  ];
  return { found: seen.filter(Boolean).length, wanted: seen.length };
}

/** How much of the decisive evidence a pack holds, by its size and by the noise around the incident. */
export async function recallTable(all: readonly Scenario[]): Promise<EvalTable> {
  const figures: Figure[] = [];
  const cases: Record<string, unknown>[] = [];
  for (const factor of NOISE) {
    const sums = BUDGETS.map(() => ({ found: 0, wanted: 0 }));
    for (const scenario of all) {
      const records = [...scenario.records, ...noiseOf(scenario, factor)];
      const changes = [...scenario.changes, ...decoysOf(scenario, factor)].toSorted(
        (a, b) => a.atMs - b.atMs,
      );
      const [alert] = await alertsOf({ records, changes, given: scenario.given });
      for (const [i, tokens] of BUDGETS.entries()) {
        const { found, wanted } =
          alert === undefined ? { found: 0, wanted: 1 } : inPack(alert, scenario, tokens);
        const sum = sums[i];
        if (sum !== undefined) {
          sum.found += found;
          sum.wanted += wanted;
        }
        cases.push({ scenario: scenario.name, noise: factor, tokens, found, wanted });
      }
    }
    for (const [i, tokens] of BUDGETS.entries()) {
      const { found = 0, wanted = 0 } = sums[i] ?? {};
      figures.push({
        what: `decisive evidence, ${tokens / 1_000}k tokens, noise × ${factor}`,
        value: share(found, wanted),
        unit: "share",
        of: `${wanted} items of ${all.length} scenarios`,
        bar: tokens === 8_000 && factor === 10 ? { at: "least", value: 0.95 } : null,
      });
    }
  }
  return {
    title: "Decisive evidence in the pack",
    figures,
    notes: [
      "Decisive: the true commit, and the two most frequent warnings or errors of the true service.",
      "Noise: records of other services (2 % errors that recur, some new ones in the window), decoy commits up to × 20.",
    ],
    cases,
  };
}
