import { batchOf, type LogRecord } from "../../src/log/batch.ts";
import { seriesKey } from "../../src/log/series.ts";
import { TemplateBook } from "../../src/template/book.ts";
import { PaneAssembly } from "../../src/window/assembly.ts";
import type { Counted } from "../../src/window/counted.ts";
import { PaneCounter } from "../../src/window/counter.ts";
import { OTHER_PATTERNS, type WindowDelta } from "../../src/window/delta.ts";
import { SeriesRegistry } from "../../src/window/registry.ts";
import { T0 } from "./log-records.ts";

export const BUCKET_MS = 10_000;

/** Names what counters hand out as the pipeline does, but by the templates' texts. */
export class Naming {
  readonly book = new TemplateBook();
  readonly #assembly: PaneAssembly;

  constructor(replica = "one", epoch = T0) {
    this.#assembly = new PaneAssembly(replica, epoch);
  }

  deltas({ panes, shapes }: Counted): WindowDelta[] {
    for (const { series, key, shape } of shapes) this.book.learn(seriesKey(series), key, shape, T0);
    const nameOf = (series: string, shape: number): string =>
      this.book.text(series, this.book.idOf(series, shape) ?? OTHER_PATTERNS);
    return panes.map((pane) => this.#assembly.add(pane, nameOf).delta);
  }
}

/** A counter, and what its deltas become. */
export class Counting {
  readonly registry = new SeriesRegistry(100);
  readonly naming = new Naming();
  readonly counter: PaneCounter;

  constructor(redact: (text: string) => string = (text) => text) {
    this.counter = new PaneCounter({ bucketMs: BUCKET_MS, redact }, this.registry);
  }

  add(nowMs: number, ...records: LogRecord[]): number {
    return this.counter.add(batchOf(records), nowMs);
  }

  take(): WindowDelta[] {
    return this.naming.deltas(this.counter.take());
  }
}
