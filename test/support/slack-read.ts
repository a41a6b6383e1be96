import type { Block, Message } from "../../src/slack/message.ts";

function readBlock(block: Block): string {
  switch (block.type) {
    case "section":
      return block.text?.text ?? "";
    case "context":
      return block.elements.map((part) => (part.type === "mrkdwn" ? part.text : part.type)).join(" ");
    case "actions":
      return block.elements
        .map((part) => (part.type === "button" ? `[${part.text.text}]` : `{${part.type}}`))
        .join(" ");
    case "data_visualization":
      return `{chart: ${block.title}}`;
    case "context_actions":
      return "{thumbs}";
    case "input":
      return `{${block.label.text}}`;
  }
}

/** The message as a person reads it, one block per paragraph; buttons in brackets, the coloured bar last. */
export function readMessage({ blocks, attachments }: Message): string {
  const beside = attachments.flatMap((attachment) =>
    attachment.blocks.map((block) => `| ${readBlock(block)}`),
  );
  return [...blocks.map(readBlock), ...beside].join("\n\n");
}

/** What the buttons carry, in their order. */
export function buttonsOf({ blocks }: Message): readonly (readonly [actionId: string, value: string])[] {
  return blocks.flatMap((block) =>
    block.type === "actions"
      ? block.elements.flatMap((part): (readonly [string, string])[] =>
          part.type === "button" ? [[part.action_id ?? "", part.value ?? part.url ?? ""]] : [],
        )
      : [],
  );
}
