/** Below this many bytes a loop is faster than the call into the engine. */
const SHORT_BYTES = 32;

/** Copies [start, start + length) of `from` to `at`. */
export function copyLiteral(from: Buffer, start: number, length: number, into: Buffer, at: number): void {
  if (length > SHORT_BYTES) {
    from.copy(into, at, start, start + length);
    return;
  }
  for (let i = 0; i < length; i++) into[at + i] = from[start + i] ?? 0;
}

/** Repeats what stands `offset` bytes before `at`; a match longer than its offset repeats itself. */
export function copyMatch(into: Buffer, at: number, offset: number, length: number): void {
  const start = at - offset;
  if (length > SHORT_BYTES && offset >= length) {
    into.copyWithin(at, start, start + length);
    return;
  }
  for (let i = 0; i < length; i++) into[at + i] = into[start + i] ?? 0;
}
