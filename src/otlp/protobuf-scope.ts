import { bytesTag } from "./wire.ts";
import type { WireReader } from "./wire.ts";

const SCOPE = bytesTag(1);
const SCOPE_NAME = bytesTag(1);

/** The name of the ScopeLogs at [start, end), or of its predecessor InstrumentationLibraryLogs; of several the last. */
export function scopeName(reader: WireReader, start: number, end: number): string {
  let name = "";
  reader.pos = start;
  while (reader.next(end)) {
    if (reader.tag !== SCOPE) continue;
    const scopeEnd = reader.end;
    reader.pos = reader.start;
    while (reader.next(scopeEnd)) if (reader.tag === SCOPE_NAME) name = reader.text();
  }
  return name;
}
