import type { types } from "@slack/bolt";

export type Block = types.SectionBlock | types.ContextBlock | types.ActionsBlock;

/** What Slack shows: `text` for notifications and screen readers, `blocks` for the screen. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Slack's limits, or ours where Slack's are fuzzy: it refuses a whole message over one character too many. */
export const MAX_BLOCKS = 50;
export const MAX_SECTION = 3_000;
export const MAX_TEXT = 3_900;
export const MAX_MESSAGE = 12_000;

/** `mrkdwn` must be escaped already. `verbatim` keeps Slack from linking on its own. */
export function section(blockId: string, mrkdwn: string): types.SectionBlock {
  return { type: "section", block_id: blockId, text: { type: "mrkdwn", text: mrkdwn, verbatim: true } };
}

export function context(blockId: string, mrkdwn: string): types.ContextBlock {
  return {
    type: "context",
    block_id: blockId,
    elements: [{ type: "mrkdwn", text: mrkdwn, verbatim: true }],
  };
}

export type ButtonStyle = "primary" | "danger" | null;

/** `value` carries an id only: what it does is decided by the state at the time of the click. */
export function button(actionId: string, label: string, value: string, style: ButtonStyle): types.Button {
  return {
    type: "button",
    action_id: actionId,
    text: { type: "plain_text", text: label, emoji: false },
    value,
    ...(style === null ? {} : { style }),
  };
}

/** Takes whole lines as long as they fit in `maxChars`; `more` says how many did not. */
export function fitLines(lines: readonly string[], maxChars: number, more: (left: number) => string): string {
  const kept: string[] = [];
  let length = 0;
  for (const [index, line] of lines.entries()) {
    const note = more(lines.length - index);
    const isLast = index === lines.length - 1;
    const needed = length + line.length + 1 + (isLast ? 0 : note.length);
    if (needed > maxChars) return [...kept, note].join("\n");
    kept.push(line);
    length += line.length + 1;
  }
  return kept.join("\n");
}
