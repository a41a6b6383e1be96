import { NO_ATTRIBUTES, type AttributeValue } from "../log/batch.ts";
import type { FieldKind } from "./header-field.ts";
import type { HeaderGrammar } from "./header-grammar.ts";

/** What a header says besides time and level, by OpenTelemetry's names. */
export interface HeaderWords {
  /** The logger, or the program; "" where none is named. */
  readonly scope: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

const COLUMNS: ReadonlySet<FieldKind> = new Set(["piped", "padded"]);

/** `sshd(pam_unix)[19939]` is sshd(pam_unix) with the process 19939. */
const PROCESS = /^(.*?)\[(\d{1,10})\]$/;
const NAMED: ReadonlySet<FieldKind> = new Set(["component", "name", "closed", "structured"]);

/** Reads the fields of the header that `grammar` has just found in `line`. */
export function headerWords(grammar: HeaderGrammar, line: string): HeaderWords {
  const attributes = new Map<string, AttributeValue>();
  const value = (index: number): string => line.slice(grammar.start(index), grammar.end(index));
  let scope = "";
  for (let i = 0; i < grammar.size; i++) {
    const kind = grammar.kind(i);
    if (kind === "number") addNumber(attributes, value(i));
    else if (kind === "bracket") addThread(attributes, value(i));
    else if (NAMED.has(kind)) scope = programOf(kind, value(i), attributes) || scope;
    else if (kind === "word" && i + 1 < grammar.size) {
      const next = grammar.kind(i + 1);
      if (next === "mark") scope = value(i);
      else if (isHost(grammar, i)) attributes.set("host.name", value(i));
    } else if (COLUMNS.has(kind)) scope ||= value(i);
  }
  return { scope, attributes: attributes.size === 0 ? NO_ATTRIBUTES : attributes };
}

/** Syslog's place for it: between the time and the program. */
function isHost(grammar: HeaderGrammar, index: number): boolean {
  return grammar.kind(index + 1) === "component" && grammar.kind(index - 1) === "time";
}

function addNumber(attributes: Map<string, AttributeValue>, text: string): void {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) return;
  if (!attributes.has("process.pid")) attributes.set("process.pid", number);
  else if (!attributes.has("thread.id")) attributes.set("thread.id", number);
}

function addThread(attributes: Map<string, AttributeValue>, text: string): void {
  if (text !== "" && !attributes.has("thread.name")) attributes.set("thread.name", text.trim());
}

function programOf(kind: FieldKind, text: string, attributes: Map<string, AttributeValue>): string {
  if (kind === "structured") return text.split(" ")[1] ?? "";
  const match = text.endsWith("]") ? PROCESS.exec(text) : null;
  if (match === null) return text;
  attributes.set("process.pid", Number(match[2]));
  return match[1] ?? "";
}
