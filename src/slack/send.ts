import type { DeliveryOutcome } from "../notify/notifier.ts";
import { abilitiesUsed, type WorkspaceAbilities } from "./ability.ts";
import type { Abilities } from "./blocks.ts";
import { slackFailure, wantsPlainerMessage } from "./failure.ts";
import type { Message } from "./message.ts";

/** What a call to Slack takes of a message. Mutable arrays, for Slack's types want them so. */
export interface Body {
  readonly text: string;
  readonly blocks: Message["blocks"][number][];
  readonly attachments: Attached[];
}

interface Attached {
  readonly color: string;
  readonly fallback: string;
  readonly blocks: Message["blocks"][number][];
}

/** None are sent as none: an edit without the key would keep those of before. */
export function bodyOf({ text, blocks, attachments }: Message): Body {
  return {
    text,
    blocks: [...blocks],
    attachments: attachments.map((attachment) => ({ ...attachment, blocks: [...attachment.blocks] })),
  };
}

const PLAIN: Abilities = { charts: false, feedback: false };
const ABORTED: DeliveryOutcome = { kind: "failed", retryable: true, retryAfterMs: null, reason: "timeout" };

/** From the best form to one that anything takes. */
function forms(render: (can: Abilities) => Message, can: Abilities): readonly Message[] {
  const best = render(can);
  const plainer = abilitiesUsed(best).length > 0 ? [render(PLAIN)] : [];
  return [best, ...plainer, { text: best.text, blocks: [], attachments: [] }];
}

/**
 * One attempt: where Slack finds the message wrong, it goes once more without native blocks, then as text alone:
 * plain, but there. Native blocks that were refused where the rest was taken are not offered again for a while.
 */
export async function send(
  render: (can: Abilities) => Message,
  abilities: WorkspaceAbilities,
  signal: AbortSignal,
  call: (body: Body) => Promise<DeliveryOutcome>,
): Promise<DeliveryOutcome> {
  const tries = forms(render, abilities.now);
  let refused: Message | null = null;
  let outcome: DeliveryOutcome = ABORTED;
  for (const [index, form] of tries.entries()) {
    if (signal.aborted) return ABORTED;
    try {
      outcome = await call(bodyOf(form));
      if (refused !== null && form.blocks.length > 0) abilities.refused(abilitiesUsed(refused));
      return outcome;
    } catch (error) {
      if (index === tries.length - 1 || !wantsPlainerMessage(error)) return slackFailure(error);
      refused ??= form;
    }
  }
  return outcome;
}
