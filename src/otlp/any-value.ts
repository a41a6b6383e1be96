import type { AttributeValue } from "../log/batch.ts";
import { isList } from "./value-text.ts";
import { bytesTag, fixed64Tag, varintTag } from "./wire.ts";
import type { WireReader } from "./wire.ts";

/** Lists and maps inside each other beyond this become a marker, so that no input can exhaust the stack. */
export const MAX_DEPTH = 64;
export const TOO_DEEP = "[nested too deeply]";

/** opentelemetry.proto.common.v1.AnyValue; 8 (a string table index) belongs to profiles only and is ignored. */
const STRING = bytesTag(1);
const BOOL = varintTag(2);
const INT = varintTag(3);
const DOUBLE = fixed64Tag(4);
const ARRAY = bytesTag(5);
const KEY_VALUE_LIST = bytesTag(6);
const BYTES = bytesTag(7);

const VALUES = bytesTag(1);
const KEY = bytesTag(1);
const VALUE = bytesTag(2);

/** One kind of value, last wins; a list or map that comes in parts is one. `previous` is what came before [start, end). */
export function mergeAnyValue(
  reader: WireReader,
  start: number,
  end: number,
  depth: number,
  previous: AttributeValue,
): AttributeValue {
  let value = previous;
  reader.pos = start;
  while (reader.next(end)) {
    switch (reader.tag) {
      case STRING:
        value = reader.text();
        break;
      case BOOL:
        value = reader.lo !== 0 || reader.hi !== 0;
        break;
      case INT:
        value = reader.int64();
        break;
      case DOUBLE:
        value = reader.bytes.readDoubleLE(reader.start);
        break;
      case BYTES:
        value = reader.copy();
        break;
      case ARRAY:
        value = depth < MAX_DEPTH ? mergeList(reader, depth, value) : TOO_DEEP;
        break;
      case KEY_VALUE_LIST:
        value = depth < MAX_DEPTH ? mergeMap(reader, depth, value) : TOO_DEEP;
        break;
      default:
    }
  }
  return value;
}

function mergeList(reader: WireReader, depth: number, previous: AttributeValue): AttributeValue {
  const end = reader.end;
  const list: AttributeValue[] = previous !== null && isList(previous) ? [...previous] : [];
  reader.pos = reader.start;
  while (reader.next(end)) {
    if (reader.tag === VALUES) list.push(mergeAnyValue(reader, reader.start, reader.end, depth + 1, null));
  }
  return list;
}

function mergeMap(reader: WireReader, depth: number, previous: AttributeValue): AttributeValue {
  const end = reader.end;
  const map = new Map<string, AttributeValue>(previous instanceof Map ? previous : []);
  reader.pos = reader.start;
  while (reader.next(end)) {
    if (reader.tag === VALUES) readKeyValue(reader, reader.start, reader.end, depth + 1, map);
  }
  return map;
}

/** Puts one KeyValue into `into`; of equal keys the last wins. Value and key come in any order. */
export function readKeyValue(
  reader: WireReader,
  start: number,
  end: number,
  depth: number,
  into: Map<string, AttributeValue>,
): void {
  let key = "";
  let value: AttributeValue = null;
  reader.pos = start;
  while (reader.next(end)) {
    if (reader.tag === KEY) key = reader.text();
    else if (reader.tag === VALUE) value = mergeAnyValue(reader, reader.start, reader.end, depth, value);
  }
  into.set(key, value);
}
