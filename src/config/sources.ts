import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Pair, Scalar } from "yaml";
import { isInjectedByKubernetes } from "./kubernetes.ts";
import { FILE_KEYS, isSettingName, SETTING_NAMES, settingOfFileKey } from "./names.ts";
import { nearest } from "../log/nearest.ts";
import type { SettingName } from "./settings.ts";

export type Source = "command line" | "environment" | "file" | "default";

/** What one source says. An empty value counts as not set. */
export interface Said {
  readonly values: ReadonlyMap<SettingName, string>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const SHOWN_NAME_LENGTH = 80;

/** Names come from outside and go to a terminal. */
function shown(name: string): string {
  // oxlint-disable-next-line no-control-regex
  const printable = name.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
  return printable.length > SHOWN_NAME_LENGTH ? `${printable.slice(0, SHOWN_NAME_LENGTH)}…` : printable;
}

function unknownName(kind: string, name: string, candidates: readonly string[]): string {
  const suggestion = nearest(name, candidates);
  return `${shown(name)}: unknown ${kind}${suggestion === null ? "" : `; did you mean ${suggestion}?`}`;
}

function kubernetesWarning(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`ignored, because Kubernetes sets them for a Service of that name: ${names.toSorted().join(", ")}`];
}

export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Said {
  const values = new Map<SettingName, string>();
  const problems: string[] = [];
  const injected: string[] = [];
  for (const [name, raw] of Object.entries(env)) {
    const value = raw?.trim() ?? "";
    if (isInjectedByKubernetes(name, value)) injected.push(shown(name));
    else if (isSettingName(name)) {
      if (value !== "") values.set(name, value);
    } else if (name.startsWith("TOCSIN_")) problems.push(unknownName("setting", name, SETTING_NAMES));
  }
  return { values, problems, warnings: kubernetesWarning(injected) };
}

/** `--set KEY=VALUE`: any setting by its environment name. */
export function readOverrides(overrides: Readonly<Record<string, string>>): Said {
  const values = new Map<SettingName, string>();
  const problems: string[] = [];
  for (const [name, raw] of Object.entries(overrides)) {
    if (isSettingName(name)) values.set(name, raw.trim());
    else problems.push(unknownName("setting", name, SETTING_NAMES));
  }
  return { values, problems, warnings: [] };
}

/** The failsafe schema leaves every scalar a string. */
function scalarText(scalar: Scalar): string {
  return typeof scalar.value === "string" ? scalar.value.trim() : "";
}

/** Text of a YAML value; null where it is a map or a reference, "" where it is empty. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return "";
  if (isScalar(value)) {
    const text = scalarText(value);
    return text === "~" || text === "null" ? "" : text;
  }
  if (!isSeq(value)) return null;
  const items = value.items.map((item) => (isScalar(item) ? scalarText(item) : null));
  return items.includes(null) ? null : items.join(",");
}

/** Their values are lists of maps, in the environment as JSON. */
const STRUCTURED: ReadonlySet<SettingName> = new Set<SettingName>(["TOCSIN_ROUTES", "TOCSIN_WEBHOOKS"]);

/** A list of maps as JSON; one that stands there as JSON text already is taken as it is. */
function structured(value: unknown): string | null {
  if (!isSeq(value)) return isScalar(value) ? textOf(value) : null;
  return JSON.stringify(value.toJSON());
}

const EMPTY_IN_FILE = "is empty in the file; a value that starts with # must be quoted";

function readPair(
  pair: Pair,
  values: Map<SettingName, string>,
  said: { problems: string[]; warnings: string[] },
) {
  const key = isScalar(pair.key) ? scalarText(pair.key) : "";
  const name = settingOfFileKey(key);
  if (name === null) {
    said.problems.push(unknownName("key in the configuration file", key, FILE_KEYS));
    return;
  }
  const value = STRUCTURED.has(name)
    ? structured(pair.value)
    : isAlias(pair.value)
      ? null
      : textOf(pair.value);
  if (value === null) said.problems.push(`${key}: must be a single value`);
  else if (value === "") said.warnings.push(`${key} ${EMPTY_IN_FILE}`);
  else values.set(name, value);
}

/** Every value of the file is taken as its text; errors of the parser are told by kind, as theirs quote the file. */
export function readFile(yamlText: string): Said {
  const values = new Map<SettingName, string>();
  const said = { problems: new Array<string>(), warnings: new Array<string>() };
  const document = parseDocument(yamlText, { schema: "failsafe", prettyErrors: true });
  for (const error of document.errors) {
    const line = error.linePos?.[0].line;
    const where = line === undefined ? "" : ` in line ${line}`;
    said.problems.push(`the configuration file is not valid YAML: ${error.code.toLowerCase()}${where}`);
  }
  if (document.errors.length > 0) return { values, ...said };
  const root = document.contents;
  if (isMap(root)) for (const pair of root.items) readPair(pair, values, said);
  else if (root !== null && textOf(root) !== "")
    said.problems.push("the configuration file must be a list of `key: value` lines");
  return { values, ...said };
}
