import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Change } from "../../src/alert/change.ts";
import type { LogRecord } from "../../src/log/batch.ts";
import type { EpochMs } from "../../src/log/time.ts";
import { parseNdjsonLine } from "../../src/source/ndjson.ts";
import { SeriesTable } from "../../src/source/series-table.ts";
import type { GivenAlert } from "./engine.ts";

/** Where the incidents lie that are not part of the project; another place with TOCSIN_EVAL_DATA. */
export function incidentsFolder(): string {
  const given = process.env["TOCSIN_EVAL_DATA"];
  return given ?? join(import.meta.dirname, "../../../shared/data/incidents");
}

export interface Scenario {
  readonly name: string;
  readonly records: readonly LogRecord[];
  readonly changes: readonly Change[];
  readonly given: readonly GivenAlert[];
  readonly truth: {
    readonly service: string;
    /** null: rightly none. */
    readonly commit: string | null;
    readonly decoys: readonly string[];
  };
}

interface Context {
  readonly alert: { readonly service: string; readonly summary: string };
  readonly commits: readonly {
    readonly sha: string;
    readonly timestamp: string;
    readonly message: string;
    readonly files_changed: readonly string[];
    readonly diff: string | null;
  }[];
  readonly deploys: readonly {
    readonly timestamp: string;
    readonly service: string;
    readonly commit_sha: string;
    readonly version: string;
  }[];
  readonly flags: readonly {
    readonly timestamp: string;
    readonly service: string;
    readonly flag: string;
    readonly change: string;
  }[];
}

interface Label {
  readonly service: string;
  readonly rootCauseCommit: string;
  readonly decoys: readonly string[];
  readonly alertFiredAt: string;
}

/** One ndjson file, compressed or not, as the product reads it. */
export function recordsOf(path: string): readonly LogRecord[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const table = new SeriesTable();
  return text.split("\n").flatMap((line) => {
    if (line === "") return [];
    const outcome = parseNdjsonLine(line, table);
    return outcome.kind === "record" ? [outcome.record] : [];
  });
}

const NOTHING = {
  environment: null,
  version: null,
  ref: null,
  files: [],
  diff: null,
  source: "api",
} as const;

function changesOf({ commits, deploys, flags }: Context): Change[] {
  const at = (text: string): EpochMs => Date.parse(text);
  const changes: Change[] = [
    ...commits.map((commit): Change => ({
      ...NOTHING,
      id: `commit ${commit.sha}`,
      kind: "commit",
      atMs: at(commit.timestamp),
      service: null,
      ref: commit.sha,
      title: commit.message,
      files: commit.files_changed,
      diff: commit.diff,
    })),
    ...deploys.map((deploy): Change => ({
      ...NOTHING,
      id: `deploy ${deploy.version} ${deploy.service}`,
      kind: "deploy",
      atMs: at(deploy.timestamp),
      service: deploy.service,
      ref: deploy.commit_sha,
      version: deploy.version,
      title: `deploy ${deploy.service} ${deploy.version}`,
    })),
    ...flags.map((flag): Change => ({
      ...NOTHING,
      id: `flag ${flag.flag}`,
      kind: "flag",
      atMs: at(flag.timestamp),
      service: flag.service,
      ref: flag.flag,
      title: `${flag.flag} ${flag.change}`,
    })),
  ];
  return changes.toSorted((a, b) => a.atMs - b.atMs);
}

function scenarioOf(folder: string, name: string): Scenario {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, name, file), "utf8"));
  const context = read("context.json") as Context;
  const [label] = read("labels.json") as readonly Label[];
  if (label === undefined) throw new Error(`${name} has no label`);
  return {
    name,
    records: recordsOf(join(folder, name, "logs.jsonl.gz")),
    changes: changesOf(context),
    given: [
      {
        atMs: Date.parse(label.alertFiredAt),
        service: context.alert.service,
        summary: context.alert.summary,
      },
    ],
    truth: {
      service: label.service,
      commit: label.rootCauseCommit === "none" ? null : label.rootCauseCommit,
      decoys: label.decoys,
    },
  };
}

/** The authored incidents; null where the folder is not there. */
export function scenarios(): readonly Scenario[] | null {
  const folder = join(incidentsFolder(), "rootcausebench");
  if (!existsSync(folder)) return null;
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => scenarioOf(folder, name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
