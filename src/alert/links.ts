import { serviceOfKey } from "../log/series.ts";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { SeriesCounts } from "../window/delta.ts";

const MAX_TRACES = 4_000;
const TRACE_MS = 15 * MINUTE_MS;
const MAX_EDGES = 2_000;
/** One shared erring trace may be chance of a batch; two are a link. */
const MIN_SHARED = 1;

interface Seen {
  readonly byKey: Map<string, { firstMs: EpochMs; firstErrorMs: EpochMs | null }>;
  lastMs: EpochMs;
}

/** What ties services together: traces that erred in both, and who calls whom. */
export class Links {
  readonly #traces = new Map<string, Seen>();
  /** caller key → names of the services it says it calls. */
  readonly #peers = new Map<string, Set<string>>();
  #edges = 0;

  saw(key: string, counts: SeriesCounts, paneStartMs: EpochMs): void {
    for (const { traceId, firstMs, firstErrorMs } of counts.traces ?? []) {
      const seen = this.#trace(traceId, paneStartMs);
      const known = seen.byKey.get(key);
      if (known === undefined) seen.byKey.set(key, { firstMs, firstErrorMs });
      else {
        known.firstMs = Math.min(known.firstMs, firstMs);
        known.firstErrorMs = earlier(known.firstErrorMs, firstErrorMs);
      }
    }
    for (const [peer] of counts.peers ?? []) this.#peer(key, peer);
  }

  #trace(traceId: string, paneStartMs: EpochMs): Seen {
    let seen = this.#traces.get(traceId);
    if (seen === undefined) {
      if (this.#traces.size >= MAX_TRACES) {
        const [oldest] = this.#traces.keys();
        if (oldest !== undefined) this.#traces.delete(oldest);
      }
      seen = { byKey: new Map(), lastMs: paneStartMs };
      this.#traces.set(traceId, seen);
    }
    seen.lastMs = Math.max(seen.lastMs, paneStartMs);
    return seen;
  }

  #peer(key: string, peer: string): void {
    const peers = this.#peers.get(key) ?? new Set<string>();
    if (peers.has(peer) || this.#edges >= MAX_EDGES) return;
    this.#edges += 1;
    peers.add(peer);
    this.#peers.set(key, peers);
  }

  /** Does one say that it calls the other? */
  calls(a: string, b: string): boolean {
    return (
      this.#peers.get(a)?.has(serviceOfKey(b)) === true || this.#peers.get(b)?.has(serviceOfKey(a)) === true
    );
  }

  /** Recent traces that both logged and that erred in at least one of them. */
  sharesFailingTrace(a: string, b: string): boolean {
    let shared = 0;
    for (const { byKey } of this.#traces.values()) {
      const one = byKey.get(a);
      const other = byKey.get(b);
      if (one === undefined || other === undefined) continue;
      if (one.firstErrorMs !== null || other.firstErrorMs !== null) shared += 1;
      if (shared >= MIN_SHARED) return true;
    }
    return false;
  }

  /** Of the failing traces that several of these logged, in how many each erred first. */
  firstErrors(keys: ReadonlySet<string>): ReadonlyMap<string, number> {
    const firsts = new Map<string, number>();
    for (const { byKey } of this.#traces.values()) {
      const erred = [...byKey]
        .flatMap(([key, { firstErrorMs }]) =>
          firstErrorMs === null || !keys.has(key) ? [] : [{ key, firstErrorMs }],
        )
        .toSorted((a, b) => a.firstErrorMs - b.firstErrorMs);
      const [first] = erred;
      if (first !== undefined && erred.length > 1) firsts.set(first.key, (firsts.get(first.key) ?? 0) + 1);
    }
    return firsts;
  }

  toJson(): LinksJson {
    const keys = new Map<string, number>();
    const number = (key: string): number => {
      const known = keys.get(key) ?? keys.size;
      keys.set(key, known);
      return known;
    };
    const traces = Array.from(this.#traces, ([traceId, { byKey, lastMs }]) => {
      const seen = Array.from(byKey, ([key, { firstMs, firstErrorMs }]) => {
        return [number(key), firstMs, firstErrorMs] as const;
      });
      return [traceId, lastMs, seen] as const;
    });
    const peers = Array.from(this.#peers, ([key, names]) => [number(key), [...names]] as const);
    return { keys: [...keys.keys()], traces, peers };
  }

  restore({ keys, traces, peers }: LinksJson): void {
    for (const [traceId, lastMs, seen] of traces) {
      const byKey = new Map(
        seen.map(([key, firstMs, firstErrorMs]) => [keys[key] ?? "", { firstMs, firstErrorMs }]),
      );
      this.#traces.set(traceId, { byKey, lastMs });
    }
    for (const [key, names] of peers) for (const name of names) this.#peer(keys[key] ?? "", name);
  }

  expire(nowMs: EpochMs): void {
    for (const [traceId, { lastMs }] of this.#traces) {
      if (lastMs < nowMs - TRACE_MS) this.#traces.delete(traceId);
    }
  }
}

/** Series by their place in `keys`. */
export interface LinksJson {
  readonly keys: readonly string[];
  readonly traces: readonly (readonly [
    traceId: string,
    lastMs: EpochMs,
    seen: readonly (readonly [key: number, firstMs: EpochMs, firstErrorMs: EpochMs | null])[],
  ])[];
  readonly peers: readonly (readonly [key: number, names: readonly string[]])[];
}

function earlier(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
