import { TemplateMiner, type Learned, type MinerOptions } from "../../src/template/miner.ts";
import { ShapeScanner } from "../../src/template/shape-scanner.ts";
import { tokenise, type Shape } from "../../src/template/shape.ts";

const scanner = new ShapeScanner();

export function shapeOf(line: string): Shape {
  const bytes = scanner.scanText(line);
  return tokenise(scanner, bytes);
}

/** The hash of a line's shape. */
export function keyOf(line: string): string {
  scanner.scanText(line);
  return `${scanner.high},${scanner.low}`;
}

/** A miner that learns lines instead of shapes. */
export class LineMiner {
  readonly miner: TemplateMiner;

  constructor(options: Partial<MinerOptions> = {}) {
    this.miner = new TemplateMiner(options);
  }

  learn(line: string, nowMs = 0): Learned {
    return this.miner.learn(shapeOf(line), nowMs);
  }

  /** Per line the id that holds after the last. */
  assign(lines: readonly string[]): string[] {
    const ids = lines.map((line) => this.learn(line).id);
    return ids.map((id) => this.miner.resolve(id) ?? "");
  }

  text(id: string): string {
    return this.miner.template(id)?.text ?? "";
  }
}
