import type { Shape } from "./shape.ts";

/** A template's text is not kept beyond this. */
export const MAX_TEXT_CHARS = 600;
export const ANY = "<*>";

/** What stands for a variable is put between these, so that texts can be compared place by place. */
const OPEN = "\u0001";
const CLOSE = "\u0002";
const MARKED = new RegExp(`${OPEN}([^${CLOSE}]*)${CLOSE}`, "g");

/** The text of a shape with its places marked. `isVariable` tells per token; a masked word is shown while it is the only one. */
export function markedText(shape: Shape, masked: readonly boolean[], opened: ReadonlySet<number>): string {
  const parts: string[] = [];
  let length = 0;
  for (const [index, token] of shape.texts.entries()) {
    const gap = shape.gaps[index] ?? "";
    parts.push(index === 0 ? gap.trimStart() : gap);
    if (opened.has(index)) parts.push(OPEN, ANY, CLOSE);
    else if (shape.variable[index] === true || masked[index] === true) parts.push(OPEN, token, CLOSE);
    else parts.push(token);
    length += gap.length + token.length;
    if (length > MAX_TEXT_CHARS) break;
  }
  parts.push(length > MAX_TEXT_CHARS ? "…" : (shape.gaps[shape.texts.length] ?? ""));
  // Joined, not added up: what is kept must not hold on to the line that it was cut from.
  return parts.join("");
}

/** Both texts as one: where their places differ, anything; a text of another build gives way to the first. */
export function mergedText(held: string, other: string): string {
  if (held === other) return held;
  const constant = held.replace(MARKED, OPEN);
  if (constant !== other.replace(MARKED, OPEN)) return held;
  const places = [...other.matchAll(MARKED)].map(([, place = ""]) => place);
  let at = 0;
  return held.replace(MARKED, (all, place: string) => {
    const same = place === places[at];
    at += 1;
    return same ? all : `${OPEN}${ANY}${CLOSE}`;
  });
}

/** For people: without the marks. */
export function plainText(marked: string): string {
  const plain = marked.replace(MARKED, "$1");
  return plain === "" ? ANY : plain;
}
