import { DAY_MS, type EpochMs } from "../log/time.ts";
import type { Clock } from "../clock.ts";
import type { Abilities } from "./blocks.ts";
import type { Message } from "./message.ts";

export type Ability = keyof Abilities;

/** Workspaces learn: what was refused is offered again after this. */
const AGAIN_AFTER_MS = 7 * DAY_MS;

/** The native blocks in a message that older workspaces may not take. */
export function abilitiesUsed({ blocks }: Message): readonly Ability[] {
  const used: Ability[] = [];
  if (blocks.some(({ type }) => type === "data_visualization")) used.push("charts");
  if (blocks.some(({ type }) => type === "context_actions")) used.push("feedback");
  return used;
}

/** What this workspace takes, as its answers have shown; everything until it refuses. */
export class WorkspaceAbilities {
  readonly #clock: Pick<Clock, "now">;
  readonly #refusedAtMs = new Map<Ability, EpochMs>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  get now(): Abilities {
    return { charts: this.#takes("charts"), feedback: this.#takes("feedback") };
  }

  refused(abilities: readonly Ability[]): void {
    for (const ability of abilities) this.#refusedAtMs.set(ability, this.#clock.now());
  }

  #takes(ability: Ability): boolean {
    const atMs = this.#refusedAtMs.get(ability);
    return atMs === undefined || this.#clock.now() - atMs >= AGAIN_AFTER_MS;
  }
}
