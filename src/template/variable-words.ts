import type { Shape } from "./shape.ts";
import { traitsOf } from "./word-traits.ts";
import { isNull } from "./words.ts";

const OPENING = /["'`[({<]$/;
const QUOTE_BEFORE = /["'`]$/;
const QUOTE_BEHIND = /^["'`]/;
const ALL_CAPITALS = /^[A-Z][A-Z_-]+$/;
const THROWN = /(?:Exception|Error)$/;
const DOTTED = /^[\w$-]+(?:\.[\w$-]+)+$/;
const LOWER_DOTTED = /^[a-z\d_-]+(?:\.[a-z\d_-]+)+$/;
const PLACES = new Set("for from to at on host by via".split(" "));
const ACTORS = new Set("user username login account".split(" "));
const ACTOR_PLACES = new Set("for by user as of invalid illegal unknown".split(" "));
const SOURCES = new Set("from by".split(" "));
const PARTICIPLE = /(?:ed|ing)$/;

/** Whether a word is taken for a variable by its place or its form, at first sight. */
export function isVariableWord(shape: Shape, index: number, word: string, isDump: boolean): boolean {
  const before = shape.gaps[index] ?? "";
  const behind = shape.gaps[index + 1] ?? "";
  // `key=value` keeps the key.
  if (behind.startsWith("=")) return false;
  if (isNull(word)) return true;
  if (/= ?$/.test(before) && isBoolean(word)) return isDump;
  if (isValue(shape, index, before, behind)) return !isFixed(word);
  if (DOTTED.test(word)) return isVariableName(shape, index, word, before, behind);
  if (isAddressGroup(shape, index, word, before, behind) || isHostOfPort(shape, index, behind)) return true;
  return isActor(shape, index, word, before, behind);
}

/** What stands around the word says that it is a value. */
function isValue(shape: Shape, index: number, before: string, behind: string): boolean {
  if (before.endsWith("=") || isQuoted(before, behind)) return true;
  return isNamedValue(shape, index, before, behind) || isGlued(shape, index, before, behind);
}

/** One of few by its form or its meaning: names of states and their opposites. */
function isFixed(word: string): boolean {
  return ALL_CAPITALS.test(word) || traitsOf(word).opposite;
}

function isBoolean(word: string): boolean {
  return /^(?:true|false)$/i.test(word);
}

/** One word in quotes is a value, unless it is a key. */
function isQuoted(before: string, behind: string): boolean {
  return QUOTE_BEFORE.test(before) && QUOTE_BEHIND.test(behind) && !isQuotedKey(before, behind);
}

/** `{"key": …, "key": …}`; in prose, what a colon follows is a value: `image "x": not found`. */
export function isQuotedKey(before: string, behind: string): boolean {
  return /^["'`]\s?[:=]/.test(behind) && /[{,(]\s?u?["'`]$/.test(before);
}

const IDENTIFIER_KEY = /[a-z][A-Z]|_|^(?:name|id|type|host|hostname|file|path|user|username|key|node)$/i;

/** `stationName: shanghai]`, `type: x,`: one word behind a key that is an identifier. */
function isNamedValue(shape: Shape, index: number, before: string, behind: string): boolean {
  if (before !== ": " && before !== ":" && before !== " : ") return false;
  return IDENTIFIER_KEY.test(wordBefore(shape, index)) && /^\s?[\])},;]/.test(behind);
}

const GLUE = /^(?:[-_~@#+*]+[[({]?|,)$/;

/** Part of a value of several parts: `node-[40-63]`, `package~31bf`, `ann,bob`. */
function isGlued(shape: Shape, index: number, before: string, behind: string): boolean {
  const isJoined = (gap: string, neighbour: number): boolean =>
    gap === "," ? shape.texts[neighbour] !== undefined : GLUE.test(gap) && shape.variable[neighbour] === true;
  return isJoined(behind, index + 1) || isJoined(before, index - 1);
}

/** Hosts, classes, files: by what surrounds them, or by how many parts they have. */
function isVariableName(shape: Shape, index: number, word: string, before: string, behind: string): boolean {
  const last = word.slice(word.lastIndexOf(".") + 1);
  if (THROWN.test(word) || ALL_CAPITALS.test(last)) return false;
  if (behind === ":" && shape.variable[index + 1] === true) return true;
  if (/[([]$/.test(before) && /^[)\]]/.test(behind) && shape.variable[index - 1] === true) return true;
  if (word.indexOf(".") !== word.lastIndexOf(".")) return true;
  return LOWER_DOTTED.test(word) && PLACES.has(wordBefore(shape, index));
}

/** Who does it: `for root from <ip>`, `user alice`, `for user alice`. */
function isActor(shape: Shape, index: number, word: string, before: string, behind: string): boolean {
  if (!/^[: ]*$/.test(before) || traitsOf(word).functional) return false;
  const previous = wordBefore(shape, index);
  const isActorNamed = ACTORS.has(previous);
  if (isActorNamed && ACTOR_PLACES.has(wordBefore(shape, index - 1).toLowerCase())) return true;
  if (traitsOf(word).opposite) return false;
  if (isSender(shape, index, previous, behind)) return true;
  if (!isActorNamed || PARTICIPLE.test(word)) return false;
  if (isLast(shape, index)) return !word.endsWith("s");
  return SOURCES.has(wordAt(shape, index + 1)) || OPENING.test(behind);
}

/** `for root from <ip>`. */
function isSender(shape: Shape, index: number, previous: string, behind: string): boolean {
  if (!ACTOR_PLACES.has(previous) || behind !== " ") return false;
  return SOURCES.has(wordAt(shape, index + 1)) && shape.variable[index + 2] === true;
}

function wordAt(shape: Shape, index: number): string {
  return shape.variable[index] === true ? "" : (shape.texts[index] ?? "");
}

function isLast(shape: Shape, index: number): boolean {
  return index === shape.texts.length - 1;
}

const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;

/** A group of a hardware or IPv6 address without a digit of its own: its neighbours are groups, too. */
function isAddressGroup(shape: Shape, index: number, word: string, before: string, behind: string): boolean {
  if (!HEX_GROUP.test(word)) return false;
  const isGroup = (at: number): boolean =>
    shape.variable[at] === true || HEX_GROUP.test(shape.texts[at] ?? "");
  return (before === ":" && isGroup(index - 1)) || (behind === ":" && isGroup(index + 1));
}

/** `host:80`, where a place is named. */
function isHostOfPort(shape: Shape, index: number, behind: string): boolean {
  if (behind !== ":" || shape.variable[index + 1] !== true) return false;
  return PLACES.has(wordBefore(shape, index));
}

function wordBefore(shape: Shape, index: number): string {
  return wordAt(shape, index - 1);
}
