import { actions, button, context, message, type Message, section } from "./message.ts";
import { bold, fitLines, mrkdwn, type Mrkdwn } from "./mrkdwn.ts";

/** Prefix of the buttons that turn pages. */
export const PAGE_ACTION = "page:";

const ROWS_PER_SECTION = 10;
const MAX_SECTION_TEXT = 2_900;
const MAX_ASKED = 1_000;
const MAX_PAGE = 1_000;

/** What was asked and which page of its answer, as a button carries it. */
export interface PageRequest {
  /** As it was typed after the command. */
  readonly asked: string;
  /** From 0. */
  readonly page: number;
}

function valueOf({ asked, page }: PageRequest): string {
  return JSON.stringify([page, asked.slice(0, MAX_ASKED)]);
}

/** null for anything that no button of ours carries. */
export function parsePage(value: string): PageRequest | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return null;
  }
  if (!Array.isArray(parsed)) return null;
  const [page, asked] = parsed as readonly unknown[];
  const sound = typeof asked === "string" && typeof page === "number" && Number.isInteger(page);
  return sound && page >= 0 && page <= MAX_PAGE ? { asked: asked.slice(0, MAX_ASKED), page } : null;
}

export interface List {
  readonly title: Mrkdwn;
  /** Of this page alone. */
  readonly rows: readonly Mrkdwn[];
  readonly request: PageRequest;
  /** There is another page behind this one. */
  readonly more: boolean;
  /** In the order of time the words are "newer" and "older". */
  readonly byTime: boolean;
  readonly hint?: Mrkdwn;
}

/** A page of lines with buttons for the pages beside it. */
export function listMessage({ title, rows, request, more, byTime, hint }: List): Message {
  const blocks = [section("list.title", bold(title))];
  for (let start = 0; start < rows.length; start += ROWS_PER_SECTION) {
    const part = rows.slice(start, start + ROWS_PER_SECTION);
    blocks.push(
      section(
        `list.${start}`,
        fitLines(part, MAX_SECTION_TEXT, (left) => mrkdwn`… ${left} more`),
      ),
    );
  }
  const footer = hint === undefined ? [] : [context("list.hint", hint)];
  const { asked, page } = request;
  const turns = [
    ...(page > 0
      ? [button(`${PAGE_ACTION}back`, byTime ? "Newer" : "Back", valueOf({ asked, page: page - 1 }))]
      : []),
    ...(more
      ? [button(`${PAGE_ACTION}on`, byTime ? "Older" : "More", valueOf({ asked, page: page + 1 }))]
      : []),
  ];
  const turning = turns.length === 0 ? [] : [actions("list.pages", turns)];
  return message(title, [...blocks, ...footer, ...turning]);
}

export const PAGE_ROWS = 20;

/** One page of rows that are all at hand. */
export function pageOf(
  all: readonly Mrkdwn[],
  list: Omit<List, "rows" | "more">,
  rowsPerPage = PAGE_ROWS,
): Message {
  const start = list.request.page * rowsPerPage;
  return listMessage({
    ...list,
    rows: all.slice(start, start + rowsPerPage),
    more: all.length > start + rowsPerPage,
  });
}
