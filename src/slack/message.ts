import type { types } from "@slack/bolt";
import { cut, mrkdwn, type Mrkdwn } from "./mrkdwn.ts";

/** A chart that Slack draws itself. Not in Slack's published types yet. */
export interface ChartBlock {
  readonly type: "data_visualization";
  readonly block_id: string;
  readonly title: string;
  readonly chart: {
    readonly type: "line" | "bar" | "area";
    readonly series: readonly {
      readonly name: string;
      readonly data: readonly { readonly label: string; readonly value: number }[];
    }[];
    readonly axis_config: {
      readonly categories: readonly string[];
      readonly x_label: string;
      readonly y_label: string;
    };
  };
}

export type Block =
  | types.SectionBlock
  | types.ContextBlock
  | types.ActionsBlock
  | types.InputBlock
  | types.ContextActionsBlock
  | ChartBlock;

/** A bar in the colour of the state, with the state in words beside it. */
export interface Attachment {
  readonly color: string;
  readonly fallback: string;
  readonly blocks: readonly Block[];
}

/** What Slack shows: `text` for notifications and screen readers, `blocks` for the screen. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly attachments: readonly Attachment[];
}

/** Slack's limits, or ours where Slack's are fuzzy: it refuses a whole message over one character too many. */
export const MAX_BLOCKS = 50;
export const MAX_MODAL_BLOCKS = 100;
export const MAX_SECTION = 3_000;
export const MAX_CONTEXT = 2_000;
export const MAX_TEXT = 3_900;
export const MAX_MESSAGE = 12_000;
export const MAX_VALUE = 2_000;
const MAX_BLOCK_ID = 255;
const MAX_BUTTONS = 25;
const MAX_LABEL = 75;
const MAX_OPTIONS = 100;
const MAX_MODAL_TITLE = 24;
const MAX_METADATA = 3_000;
const MAX_PLACEHOLDER = 150;
const MAX_INPUT = 3_000;

/** Plain text is never parsed; only its length can be wrong. */
export function plain(text: string, maxChars: number): types.PlainTextElement {
  const whole =
    text.length <= maxChars ? text : `${text.slice(0, maxChars - 1).replace(/[\ud800-\udbff]$/, "")}…`;
  return { type: "plain_text", text: whole === "" ? " " : whole.toWellFormed(), emoji: false };
}

function text(given: Mrkdwn, maxChars: number): types.MrkdwnElement {
  // `verbatim` keeps Slack from linking on its own; an empty text would have the message refused.
  return { type: "mrkdwn", text: given === "" ? " " : cut(given, maxChars), verbatim: true };
}

export function section(blockId: string, given: Mrkdwn, accessory?: types.Button): types.SectionBlock {
  const block = { type: "section", block_id: blockId, text: text(given, MAX_SECTION) } as const;
  return accessory === undefined ? block : { ...block, accessory };
}

export function context(blockId: string, given: Mrkdwn): types.ContextBlock {
  return { type: "context", block_id: blockId, elements: [text(given, MAX_CONTEXT)] };
}

export type ButtonStyle = "primary" | "danger" | null;

/** A cut value would mean something else: too long a one is a bug. */
function checked(value: string, maxChars: number, what: string): string {
  if (value.length > maxChars) throw new RangeError(`${what} of ${value.length} characters`);
  return value;
}

/** `value` carries ids only: what it does is decided by the state at the time of the click. */
export function button(
  actionId: string,
  label: string,
  value: string,
  style: ButtonStyle = null,
): types.Button {
  return {
    type: "button",
    action_id: checked(actionId, MAX_BLOCK_ID, "an action id"),
    text: plain(label, MAX_LABEL),
    value: checked(value, MAX_VALUE, "a value"),
    ...(style === null ? {} : { style }),
  };
}

/** Opens `url` in the browser; Slack tells us of the click too. */
export function linkButton(actionId: string, label: string, url: string): types.Button {
  return {
    type: "button",
    action_id: checked(actionId, MAX_BLOCK_ID, "an action id"),
    text: plain(label, MAX_LABEL),
    url: checked(url, MAX_INPUT, "an address"),
  };
}

export function actions(blockId: string, elements: readonly types.ActionsBlockElement[]): types.ActionsBlock {
  return { type: "actions", block_id: blockId, elements: elements.slice(0, MAX_BUTTONS) };
}

export interface Choice {
  readonly label: string;
  readonly value: string;
}

/** One of `choices`, of which there is at least one; `chosen` is a value of theirs. */
export function select(
  actionId: string,
  choices: readonly Choice[],
  chosen: string | null,
): types.StaticSelect {
  const options = choices.slice(0, MAX_OPTIONS).map(({ label, value }) => ({
    text: plain(label, MAX_LABEL),
    value: checked(value, MAX_LABEL, "an option"),
  }));
  const initial = options.find(({ value }) => value === chosen);
  return {
    type: "static_select",
    action_id: checked(actionId, MAX_BLOCK_ID, "an action id"),
    options,
    ...(initial === undefined ? {} : { initial_option: initial }),
  };
}

/** A field of a modal; with `heard`, each change comes to us at once. */
export function field(
  blockId: string,
  label: string,
  element: types.InputBlock["element"],
  heard = false,
): types.InputBlock {
  return {
    type: "input",
    block_id: blockId,
    label: plain(label, MAX_INPUT),
    element,
    ...(heard ? { dispatch_action: true } : {}),
  };
}

export function textInput(actionId: string, placeholder: string, maxChars: number): types.PlainTextInput {
  return {
    type: "plain_text_input",
    action_id: actionId,
    multiline: true,
    min_length: 1,
    max_length: Math.min(maxChars, MAX_INPUT),
    placeholder: plain(placeholder, MAX_PLACEHOLDER),
  };
}

/** Each block's id is there once, and short enough. */
function withIds(blocks: readonly Block[]): readonly Block[] {
  const seen = new Set<string>();
  return blocks.map((block, index) => {
    const wanted = (block.block_id ?? "b").slice(0, MAX_BLOCK_ID - 8);
    const id = seen.has(wanted) ? `${wanted}.${index}` : wanted;
    seen.add(id);
    return { ...block, block_id: id };
  });
}

type Sized = types.SectionBlock | types.ContextBlock;

/** Texts that may be shortened: those of sections and context lines. */
function sizeOf(block: Block): number {
  if (block.type === "section") return block.text?.text.length ?? 0;
  if (block.type !== "context") return JSON.stringify(block).length / 2;
  return block.elements.reduce((sum, part) => sum + (part.type === "mrkdwn" ? part.text.length : 0), 0);
}

function shortened(block: Sized, maxChars: number): Sized {
  if (sizeOf(block) <= maxChars) return block;
  if (block.type === "section") {
    const given = (block.text?.text ?? "") as Mrkdwn;
    return { ...block, text: text(given, maxChars) };
  }
  const elements = block.elements.map((part) =>
    part.type === "mrkdwn" ? text(part.text as Mrkdwn, maxChars) : part,
  );
  return { ...block, elements };
}

/** The longest texts give way first, to one common length at which everything fits. */
function withinTotal(blocks: readonly Block[], maxChars: number): readonly Block[] {
  let level = MAX_SECTION;
  let fitted = blocks;
  while (fitted.reduce((sum, block) => sum + sizeOf(block), 0) > maxChars && level > 20) {
    level = Math.floor(level * 0.8);
    const limit = level;
    fitted = blocks.map((block) =>
      block.type === "section" || block.type === "context" ? shortened(block, limit) : block,
    );
  }
  return fitted;
}

function withinCount(blocks: readonly Block[], max: number): readonly Block[] {
  if (blocks.length <= max) return blocks;
  const kept = blocks.slice(0, max - 1);
  return [...kept, context("more", mrkdwn`… and ${blocks.length - kept.length} more`)];
}

/** A message that Slack takes, whatever is in it. */
export function message(
  notification: Mrkdwn,
  blocks: readonly Block[],
  attachments: readonly Attachment[] = [],
): Message {
  const beside = attachments
    .flatMap((attachment) => attachment.blocks)
    .reduce((sum, block) => sum + sizeOf(block), 0);
  const fitted = withinTotal(withIds(withinCount(blocks, MAX_BLOCKS)), MAX_MESSAGE - beside);
  return { text: notification === "" ? " " : cut(notification, MAX_TEXT), blocks: fitted, attachments };
}

export interface ModalParts {
  readonly callbackId: string;
  readonly title: string;
  /** null: there is nothing to send. */
  readonly submit: string | null;
  /** Comes back with every answer. */
  readonly metadata: string;
  readonly blocks: readonly Block[];
}

/** A modal that Slack takes, whatever is in it. */
export function modal({ callbackId, title, submit, metadata, blocks }: ModalParts): types.ModalView {
  const fitted = withinTotal(withIds(withinCount(blocks, MAX_MODAL_BLOCKS)), MAX_MESSAGE);
  return {
    type: "modal",
    callback_id: checked(callbackId, MAX_BLOCK_ID, "a callback id"),
    title: plain(title, MAX_MODAL_TITLE),
    close: plain("Cancel", MAX_MODAL_TITLE),
    ...(submit === null ? {} : { submit: plain(submit, MAX_MODAL_TITLE) }),
    private_metadata: checked(metadata, MAX_METADATA, "metadata"),
    blocks: fitted as unknown as types.KnownBlock[],
  };
}
