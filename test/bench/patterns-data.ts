import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One system's lines and the event that each belongs to. */
export interface LabelledSystem {
  readonly name: string;
  /** The lines without their header. */
  readonly contents: readonly string[];
  /** The lines as they stand in the file. */
  readonly raw: readonly string[];
  readonly events: readonly string[];
  /** What the labels say of the header: a value per line, by the name of the column. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
}

/** The systems in `folder`, as LogHub lays them out; none where the folder is absent. */
export function labelledSystems(folder: string): LabelledSystem[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, `${name}_2k.log_structured.csv`)))
    .map((name) => readSystem(folder, name));
}

function readSystem(folder: string, name: string): LabelledSystem {
  const csv = readFileSync(join(folder, name, `${name}_2k.log_structured.csv`), "utf8");
  const [header = [], ...rows] = csvRows(csv);
  const content = header.indexOf("Content");
  const event = header.indexOf("EventId");
  const raw = readFileSync(join(folder, name, `${name}_2k.log`), "utf8").split(/\r?\n/);
  return {
    name,
    contents: rows.map((row) => row[content] ?? ""),
    events: rows.map((row) => row[event] ?? ""),
    raw: raw.slice(0, rows.length),
    columns: new Map(header.map((column, at) => [column, rows.map((row) => row[at] ?? "")])),
  };
}

/** RFC 4180, quotes doubled inside quotes. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) break;
    const [, quoted, bare = "", end] = match;
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
