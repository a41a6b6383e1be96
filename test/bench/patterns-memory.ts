import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { TemplateMiner } from "../../src/template/miner.ts";
import { ShapeScanner } from "../../src/template/shape-scanner.ts";
import { tokenise } from "../../src/template/shape.ts";

// A process of its own: what another bench left in the heap would count.
const MEMORY_TEMPLATES = 50_000;

/** Resident bytes that 50,000 templates of typical length take, over a process in which as many came and went. */
function measureMemory(): { readonly templates: number; readonly bytes: number } {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  fillMiner(new TemplateMiner({ maxTemplates: 100 }), MEMORY_TEMPLATES);
  settle(collect);
  const before = process.memoryUsage().rss;
  const miner = new TemplateMiner({ maxTemplates: MEMORY_TEMPLATES });
  fillMiner(miner, MEMORY_TEMPLATES);
  settle(collect);
  return { templates: miner.size, bytes: process.memoryUsage().rss - before };
}

/** The collector gives pages back in the background. */
function settle(collect: () => void): void {
  for (let turn = 0; turn < 3; turn++) {
    collect();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
  }
}

function fillMiner(miner: TemplateMiner, lines: number): void {
  const scanner = new ShapeScanner();
  for (let n = 0; n < lines; n++) {
    const bytes = scanner.scanText(sampleLine(n));
    miner.learn(tokenise(scanner, bytes), n);
  }
}

const SYLLABLES = "ba ke li mo nu pra ste tri vo zu cha dre fli gor".split(" ");

/** Twelve words of which five are of this line alone, and variables between them. */
function sampleLine(n: number): string {
  const word = (salt: number): string => {
    let rest = Math.imul(n + 1, 0x9e3779b1 ^ Math.imul(salt, 0x85ebca6b)) >>> 0;
    let text = "";
    for (let part = 0; part < 4; part++) {
      text += SYLLABLES[rest % SYLLABLES.length] ?? "";
      rest = Math.floor(rest / SYLLABLES.length);
    }
    return text;
  };
  return `component ${word(1)} reported ${word(2)} after ${n} ms: request ${n} of ${word(3)} to 10.0.${n % 250}.7 was ${word(4)}, next attempt of ${word(5)} in 30 seconds`;
}

process.stdout.write(JSON.stringify(measureMemory()));
