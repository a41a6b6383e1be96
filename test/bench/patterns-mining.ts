import { SeriesTable } from "../../src/source/series-table.ts";
import { TextParser } from "../../src/source/text.ts";
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

/** Per raw line the message that the header detection leaves. */
export function bodiesOf(lines: readonly string[]): string[] {
  const parser = new TextParser(new SeriesTable());
  return lines.map((line) => parser.parse(line).body);
}
