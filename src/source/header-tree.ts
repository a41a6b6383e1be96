import type { FieldKind, FieldScan } from "./header-field.ts";
import type { DateForm } from "./time-scan.ts";

/** Of a component's or a column's values so many are kept to see whether there is more than one. */
const MAX_VALUES = 3;

/** One field of the headers seen so far, after the fields on the way to it. */
export interface HeaderNode {
  readonly kind: FieldKind;
  /** Times of different forms are different fields. */
  readonly form: DateForm;
  count: number;
  strong: number;
  plain: number;
  readonly values: Set<string>;
  readonly children: HeaderNode[];
  /** A header may end here. */
  accepted: boolean;
  /** Some node below is accepted. */
  deeper: boolean;
}

export function headerNode(kind: FieldKind, form: DateForm = "none"): HeaderNode {
  return {
    kind,
    form,
    count: 0,
    strong: 0,
    plain: 0,
    values: new Set(),
    children: [],
    accepted: false,
    deeper: false,
  };
}

function formOf(field: FieldScan): DateForm {
  return field.kind === "time" || field.kind === "date" ? field.time.form : "none";
}

/** The child for the field just read. Before the first time or level a lone dash stands for a missing word. */
export function childFor(node: HeaderNode, field: FieldScan, begun: boolean): HeaderNode | undefined {
  const kind = wordOf(field.kind, begun);
  const form = formOf(field);
  for (const child of node.children) if (child.kind === kind && child.form === form) return child;
  return undefined;
}

function wordOf(kind: FieldKind, begun: boolean): FieldKind {
  return kind === "mark" && !begun ? "word" : kind;
}

/** What a field that has no place of its own may stand for, such as an unknown level in a level's column. */
export function substituteFor(node: HeaderNode, field: FieldScan): HeaderNode | undefined {
  const stands = SUBSTITUTES[field.kind];
  if (stands === undefined) return undefined;
  for (const child of node.children) {
    if (stands.includes(child.kind) && (child.accepted || child.deeper)) return child;
  }
  return undefined;
}

const SUBSTITUTES: Readonly<Partial<Record<FieldKind, readonly FieldKind[]>>> = {
  padded: ["word"],
  word: ["padded"],
  number: ["word", "padded"],
  mark: ["word"],
  letter: ["word"],
  level: ["word", "padded", "piped"],
  date: ["word"],
  piped: ["level"],
};

/** Counts one more line that has this field after `node`; null where the tree may not grow. */
export function countChild(
  node: HeaderNode,
  field: FieldScan,
  begun: boolean,
  mayGrow: boolean,
  value: () => string,
): HeaderNode | null {
  let child = childFor(node, field, begun);
  if (child === undefined) {
    if (!mayGrow) return null;
    child = headerNode(wordOf(field.kind, begun), formOf(field));
    node.children.push(child);
  }
  child.count++;
  if (field.strong) child.strong++;
  if (field.plain) child.plain++;
  if (field.kind === "component" && child.values.size < MAX_VALUES) child.values.add(value());
  return child;
}

/** What was seen before counts half. */
export function fade(node: HeaderNode): void {
  node.count = Math.ceil(node.count / 2);
  node.strong = Math.ceil(node.strong / 2);
  node.plain = Math.ceil(node.plain / 2);
  for (const child of node.children) fade(child);
}

/** Drops what never became a header; returns the number of nodes that stay. */
export function prune(node: HeaderNode): number {
  const kept = node.children.filter((child) => child.accepted || child.deeper);
  node.children.length = 0;
  node.children.push(...kept);
  return kept.reduce((sum, child) => sum + 1 + prune(child), 0);
}
