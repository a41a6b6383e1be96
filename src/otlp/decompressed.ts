export type Decompressed =
  | { readonly kind: "plain"; readonly bytes: Buffer }
  | { readonly kind: "corrupt" }
  | { readonly kind: "too_large" }
  | { readonly kind: "over_budget" };

export interface DecompressLimits {
  /** Of each layer's output. */
  readonly maxBytes: number;
  /** Asked before output is kept; false: no memory for it. */
  readonly grow: (bytes: number) => boolean;
  /** Told of memory that was asked for and is free again. */
  readonly shrink: (bytes: number) => void;
}

export const CORRUPT: Decompressed = { kind: "corrupt" };

/** Room for content whose size is known, asked for before it is allocated. */
export function roomFor(size: number, limits: DecompressLimits): Decompressed {
  if (size > limits.maxBytes) return { kind: "too_large" };
  return limits.grow(size) ? { kind: "plain", bytes: Buffer.allocUnsafe(size) } : { kind: "over_budget" };
}
