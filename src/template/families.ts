const NO_MEMBER = -1;
const FIRST_SLOTS = 256;
const MAX_LOAD = 0.75;
/** As much as is counted; one more says that the family is open. */
const MAX_WEIGHT = 254;
const IS_OPEN = 255;

/**
 * Per family (templates that are the same but for the word in one place) the weight of its members and the list of
 * them, in flat arrays: most families have one member and cost 13 bytes, each further member costs 8.
 */
export class FamilyTable {
  #high = new Int32Array(FIRST_SLOTS);
  #low = new Int32Array(FIRST_SLOTS);
  #weight = new Uint8Array(FIRST_SLOTS);
  /** A member, or below `NO_MEMBER` a list of several: its first link is `-2 - value`. */
  #head = new Int32Array(FIRST_SLOTS).fill(NO_MEMBER);
  #members = new Int32Array(FIRST_SLOTS);
  #next = new Int32Array(FIRST_SLOTS);
  #links = 0;
  size = 0;

  /** The slot of a family; -1 where it has no member. */
  find(high: number, low: number): number {
    const slot = this.#slotOf(high, low);
    return this.#isFree(slot) ? -1 : slot;
  }

  /** Adds a member; returns the family's slot, valid until the next `add`. */
  add(high: number, low: number, member: number, weight: number): number {
    if (this.size >= this.#high.length * MAX_LOAD) this.#grow();
    const slot = this.#slotOf(high, low);
    if (this.#isFree(slot)) {
      this.#high[slot] = high;
      this.#low[slot] = low;
      this.#head[slot] = member;
      this.size += 1;
    } else this.#chain(slot, member);
    const held = this.#weight[slot] ?? 0;
    if (held !== IS_OPEN) this.#weight[slot] = Math.min(MAX_WEIGHT, held + weight);
    return slot;
  }

  weight(slot: number): number {
    return this.#weight[slot] ?? 0;
  }

  /** True once the family's place was found to hold a variable. */
  isOpen(slot: number): boolean {
    return this.#weight[slot] === IS_OPEN;
  }

  open(slot: number): void {
    this.#weight[slot] = IS_OPEN;
  }

  members(slot: number): number[] {
    const head = this.#head[slot] ?? NO_MEMBER;
    if (head >= NO_MEMBER) return head === NO_MEMBER ? [] : [head];
    const members: number[] = [];
    for (let at = linkOf(head); at !== NO_MEMBER; at = this.#next[at] ?? NO_MEMBER) {
      members.push(this.#members[at] ?? 0);
    }
    return members;
  }

  clear(): void {
    this.#allocate(FIRST_SLOTS);
    this.#members = new Int32Array(FIRST_SLOTS);
    this.#next = new Int32Array(FIRST_SLOTS);
    this.#links = 0;
    this.size = 0;
  }

  #isFree(slot: number): boolean {
    return this.#head[slot] === NO_MEMBER;
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#high.length - 1;
    let slot = (high ^ (low >>> 7)) & mask;
    while (!this.#isFree(slot) && (this.#high[slot] !== high || this.#low[slot] !== low))
      slot = (slot + 1) & mask;
    return slot;
  }

  #chain(slot: number, member: number): void {
    const head = this.#head[slot] ?? NO_MEMBER;
    const rest = head > NO_MEMBER ? this.#link(head, NO_MEMBER) : linkOf(head);
    this.#head[slot] = -2 - this.#link(member, rest);
  }

  #link(member: number, next: number): number {
    if (this.#links >= this.#members.length) {
      this.#members = grown(this.#members);
      this.#next = grown(this.#next);
    }
    this.#members[this.#links] = member;
    this.#next[this.#links] = next;
    this.#links += 1;
    return this.#links - 1;
  }

  #allocate(slots: number): void {
    this.#high = new Int32Array(slots);
    this.#low = new Int32Array(slots);
    this.#weight = new Uint8Array(slots);
    this.#head = new Int32Array(slots).fill(NO_MEMBER);
  }

  #grow(): void {
    const [high, low, weight, head] = [this.#high, this.#low, this.#weight, this.#head];
    this.#allocate(high.length * 2);
    for (let from = 0; from < high.length; from++) {
      if (head[from] === NO_MEMBER) continue;
      const to = this.#slotOf(high[from] ?? 0, low[from] ?? 0);
      this.#high[to] = high[from] ?? 0;
      this.#low[to] = low[from] ?? 0;
      this.#weight[to] = weight[from] ?? 0;
      this.#head[to] = head[from] ?? NO_MEMBER;
    }
  }
}

function linkOf(head: number): number {
  return -2 - head;
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
