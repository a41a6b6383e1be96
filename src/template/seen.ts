import { finish } from "./word-hash.ts";

const FIRST_LAYER_BYTES = 4096;
const BITS_PER_KEY = 16;
const PROBES = 6;

/** One layer as it is stored. */
export interface SeenLayer {
  readonly index: number;
  readonly keys: number;
  readonly bits: Uint8Array;
}

interface Layer {
  keys: number;
  changed: boolean;
  readonly bits: Uint8Array;
}

/**
 * Identities that were seen once and whose templates are gone: a Bloom filter in layers, each twice the one before
 * (Almeida et al., Scalable Bloom Filters, 2007). It never forgets: at its bound, it errs by taking new for seen.
 */
export class EverSeen {
  readonly #maxBytes: number;
  readonly #layers: Layer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(high: number, low: number): boolean {
    return this.#layers.some(({ bits }) => probe(bits, high, low, false));
  }

  add(high: number, low: number): void {
    if (this.has(high, low)) return;
    const layer = this.#open();
    probe(layer.bits, high, low, true);
    layer.keys += 1;
    layer.changed = true;
  }

  #open(): Layer {
    const last = this.#layers.at(-1);
    if (last !== undefined && last.keys < (last.bits.length * 8) / BITS_PER_KEY) return last;
    const bytes = last === undefined ? FIRST_LAYER_BYTES : last.bits.length * 2;
    if (last !== undefined && this.#bytes + bytes > this.#maxBytes) return last;
    const layer: Layer = { keys: 0, changed: true, bits: new Uint8Array(bytes) };
    this.#layers.push(layer);
    this.#bytes += bytes;
    return layer;
  }

  /** The layers that changed since the last call. */
  takeChanged(): SeenLayer[] {
    return this.#layers.flatMap((layer, index) => {
      if (!layer.changed) return [];
      layer.changed = false;
      return [{ index, keys: layer.keys, bits: layer.bits.slice() }];
    });
  }

  /** Puts a stored layer in its place; layers come in their order. */
  restore({ index, keys, bits }: SeenLayer): void {
    const before = this.#layers[index];
    this.#bytes += bits.length - (before?.bits.length ?? 0);
    this.#layers[index] = { keys, changed: false, bits: bits.slice() };
  }
}

/** Double hashing (Kirsch and Mitzenmacher, 2006). Returns true where all bits were set. */
function probe(bits: Uint8Array, high: number, low: number, set: boolean): boolean {
  const mask = bits.length * 8 - 1;
  const step = finish(low) | 1;
  let at = finish(high);
  let all = true;
  for (let turn = 0; turn < PROBES; turn++) {
    const bit = at & mask;
    const held = bits[bit >>> 3] ?? 0;
    if ((held & (1 << (bit & 7))) === 0) {
      all = false;
      if (!set) return false;
      bits[bit >>> 3] = held | (1 << (bit & 7));
    }
    at = (at + step) | 0;
  }
  return all;
}
