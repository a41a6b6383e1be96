import { SeriesTable } from "../../src/source/series-table.ts";
import { TextParser, type NumberedRecord } from "../../src/source/text.ts";
import { TemplateMiner } from "../../src/template/miner.ts";
import { ShapeScanner } from "../../src/template/shape-scanner.ts";
import { tokenise } from "../../src/template/shape.ts";

export interface Assignment {
  readonly miner: TemplateMiner;
  /** Per line the id when it arrived. */
  readonly online: readonly string[];
  /** Per line the id after the last line. */
  readonly final: readonly string[];
}

const encoder = new TextEncoder();

/** Templates of the lines, as the service mines them: by shape, each shape learnt once. */
export function mine(lines: readonly string[]): Assignment {
  const miner = new TemplateMiner();
  const scanner = new ShapeScanner();
  const known = new Map<string, string>();
  const online = lines.map((line) => {
    const bytes = encoder.encode(line);
    scanner.scan(bytes, 0, bytes.length);
    const key = `${scanner.high},${scanner.low}`;
    const id = known.get(key);
    if (id !== undefined) return miner.resolve(id) ?? id;
    const learned = miner.learn(tokenise(scanner, bytes), 0);
    known.set(key, learned.id);
    return learned.id;
  });
  return { miner, online, final: online.map((id) => miner.resolve(id) ?? id) };
}

/** As many first lines as a file's header is learnt from. */
const HEAD_LINES = 1000;

/** Per raw line the message that the header detection leaves; a line joined to the one before has that one's. */
export function bodiesOf(lines: readonly string[]): string[] {
  const parser = new TextParser(new SeriesTable());
  parser.learn(lines.slice(0, HEAD_LINES).filter((line) => line !== ""));
  const bodies = new Map<number, string>();
  const take = (found: NumberedRecord | null): void => {
    if (found !== null) bodies.set(found.line, found.record.body);
  };
  for (const [index, line] of lines.entries()) if (line !== "") take(parser.push(line, index + 1));
  take(parser.end());
  let last = "";
  return lines.map((_, index) => (last = bodies.get(index + 1) ?? last));
}
