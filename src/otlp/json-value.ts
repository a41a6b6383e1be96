import { NO_ATTRIBUTES } from "../log/batch.ts";
import type { AttributeValue } from "../log/batch.ts";
import { isObject, type JsonObject } from "../log/json.ts";
import { MAX_DEPTH, TOO_DEEP } from "./any-value.ts";

const SNAKE = new Map<string, string>();

function snakeOf(name: string): string {
  let snake = SNAKE.get(name);
  if (snake === undefined) {
    snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    SNAKE.set(name, snake);
  }
  return snake;
}

/** A field by its lowerCamelCase name, or by the original snake_case one that some senders write; null is unset. */
export function field(object: JsonObject, name: string): unknown {
  return object[name] ?? object[snakeOf(name)] ?? undefined;
}

/** What a field should have been; a value that is returned in place of a decoded one. */
export class Mismatch {
  readonly path: string;
  readonly expected: string;
  constructor(path: string, expected: string) {
    this.path = path;
    this.expected = expected;
  }
}

const DIGITS = /^-?\d{1,20}$/;
const DECIMAL = /^-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?$/;

/** An integer as OTLP/JSON may write it: 42, "42", 1.0, 1e3, "1e3"; null for anything else. */
export function integerOf(value: unknown): bigint | null {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : null;
  if (typeof value !== "string") return null;
  if (DIGITS.test(value)) return BigInt(value);
  const number = DECIMAL.test(value) ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) ? BigInt(number) : null;
}

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

function int64Of(value: unknown): number | bigint | null {
  const integer = integerOf(value);
  if (integer === null || integer < MIN_INT64 || integer > MAX_INT64) return null;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

const SPECIAL_DOUBLES: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

function doubleOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  return SPECIAL_DOUBLES.get(value) ?? (DECIMAL.test(value) ? Number(value) : null);
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

function bytesOf(value: unknown): Uint8Array | null {
  if (typeof value !== "string" || !BASE64.test(value)) return null;
  return new Uint8Array(Buffer.from(value, "base64"));
}

/** Text without lone surrogates, as UTF-8 would store it. */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

type Parse = (value: unknown, depth: number) => AttributeValue | Mismatch;

function scalar(parse: (value: unknown) => AttributeValue, expected: string): Parse {
  return (value) => parse(value) ?? new Mismatch("", expected);
}

const MEMBERS: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ["stringValue", scalar((value) => (typeof value === "string" ? wellFormed(value) : null), "a string")],
  ["boolValue", scalar((value) => (typeof value === "boolean" ? value : null), "true or false")],
  ["intValue", scalar(int64Of, "a 64-bit integer")],
  ["doubleValue", scalar(doubleOf, "a number")],
  ["bytesValue", scalar(bytesOf, "base64")],
  ["arrayValue", (value, depth) => (depth < MAX_DEPTH ? listOf(value, depth) : TOO_DEEP)],
  ["kvlistValue", (value, depth) => (depth < MAX_DEPTH ? mapOf(value, depth) : TOO_DEEP)],
]);
const BY_NAME: ReadonlyMap<string, readonly [string, Parse]> = new Map(
  [...MEMBERS].flatMap(([name, parse]) => [
    [name, [name, parse]],
    [snakeOf(name), [name, parse]],
  ]),
);

/** The same mismatch, seen from the object that holds it at `path`. */
export function below(path: string, mismatch: Mismatch): Mismatch {
  return new Mismatch(mismatch.path === "" ? path : `${path}.${mismatch.path}`, mismatch.expected);
}

/** An AnyValue object: of several members the last wins, none is the empty value. */
export function anyValueOf(value: unknown, depth: number): AttributeValue | Mismatch {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) return new Mismatch("", 'an AnyValue object such as {"stringValue":"text"}');
  let result: AttributeValue = null;
  for (const name in value) {
    const member = BY_NAME.get(name);
    const given = value[name];
    if (member === undefined || given === null) continue;
    const parsed = member[1](given, depth);
    if (parsed instanceof Mismatch) return below(member[0], parsed);
    result = parsed;
  }
  return result;
}

/** `{"values":[…]}`; the bare list, which OpenTelemetry's own example of an event has, means the same. */
function valuesOf(value: unknown): readonly unknown[] | Mismatch {
  const values = isObject(value) ? (field(value, "values") ?? []) : value;
  return Array.isArray(values) ? values : new Mismatch("", 'an object such as {"values":[]}');
}

function listOf(value: unknown, depth: number): AttributeValue | Mismatch {
  const values = valuesOf(value);
  if (values instanceof Mismatch) return values;
  const list: AttributeValue[] = [];
  for (const [index, item] of values.entries()) {
    const parsed = anyValueOf(item, depth + 1);
    if (parsed instanceof Mismatch) return below(`values[${index}]`, parsed);
    list.push(parsed);
  }
  return list;
}

function mapOf(value: unknown, depth: number): AttributeValue | Mismatch {
  const values = valuesOf(value);
  return values instanceof Mismatch ? values : keyValuesOf(values, "values", depth + 1);
}

/** A list of KeyValue objects as a map; of equal keys the last wins. */
export function keyValuesOf(
  value: unknown,
  name: string,
  depth: number,
): ReadonlyMap<string, AttributeValue> | Mismatch {
  if (value === undefined || value === null) return NO_ATTRIBUTES;
  if (!Array.isArray(value)) return new Mismatch(name, "an array");
  const map = new Map<string, AttributeValue>();
  for (const [index, item] of value.entries()) {
    const pair: unknown = item ?? {};
    if (!isObject(pair)) return new Mismatch(`${name}[${index}]`, "an object with key and value");
    const key = field(pair, "key") ?? "";
    if (typeof key !== "string") return new Mismatch(`${name}[${index}].key`, "a string");
    const parsed = anyValueOf(pair["value"], depth);
    if (parsed instanceof Mismatch) return below(`${name}[${index}].value`, parsed);
    map.set(wellFormed(key), parsed);
  }
  return map;
}
