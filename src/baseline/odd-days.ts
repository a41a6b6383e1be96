import type { EpochMs } from "../log/time.ts";
import { DAY_MS } from "../log/time.ts";

/** Five-minute slots of a day. */
const SLOTS = 288;
const SLOT_MS = DAY_MS / SLOTS;
/** What was odd longer ago says nothing of today. */
const KEPT_DAYS = 7;
/** Days are kept modulo this, so that a slot and its day fit one number. */
const DAYS = 0x10000;

/** When a series was odd lately, by slot of the day: what recurs after a day or a week is normal. Few slots ever are. */
export class OddDays {
  /** By slot the last day on which it was odd; null while none is known. */
  #days: Map<number, number> | null = null;

  saw(timeMs: EpochMs): void {
    const day = dayOf(timeMs);
    this.#days ??= new Map();
    for (const [slot, odd] of this.#days) if (since(odd, day) > KEPT_DAYS) this.#days.delete(slot);
    this.#days.set(slotOf(timeMs), day);
  }

  /** Was the same time of day, give or take a slot, odd yesterday or a week ago? */
  recurs(timeMs: EpochMs): boolean {
    const slot = slotOf(timeMs);
    const day = dayOf(timeMs);
    return [slot - 1, slot, slot + 1].some((near) => {
      const odd = this.#days?.get((near + SLOTS) % SLOTS);
      return odd !== undefined && (since(odd, day) === 1 || since(odd, day) === KEPT_DAYS);
    });
  }

  toJson(): readonly (readonly [slot: number, day: number])[] {
    return [...(this.#days ?? [])];
  }

  restore(json: ReturnType<OddDays["toJson"]>): void {
    if (json.length > 0) this.#days = new Map(json);
  }
}

function slotOf(timeMs: EpochMs): number {
  return Math.floor(timeMs / SLOT_MS) % SLOTS;
}

function dayOf(timeMs: EpochMs): number {
  return Math.floor(timeMs / DAY_MS) % DAYS;
}

function since(odd: number, day: number): number {
  return (day - odd + DAYS) % DAYS;
}
