const EMPTY = -1;
const FIRST_SLOTS = 256;
const MAX_LOAD = 0.6;

/**
 * Per family (templates that are the same but for the word in one place) the weight of its members and the list of
 * them, in flat arrays: a family costs 20 bytes, a membership 8.
 */
export class FamilyTable {
  #high = new Int32Array(FIRST_SLOTS);
  #low = new Int32Array(FIRST_SLOTS);
  #weight = new Uint16Array(FIRST_SLOTS);
  #open = new Uint8Array(FIRST_SLOTS);
  #head = new Int32Array(FIRST_SLOTS).fill(EMPTY);
  #members = new Int32Array(FIRST_SLOTS);
  #next = new Int32Array(FIRST_SLOTS);
  #memberships = 0;
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
      this.size += 1;
    }
    this.#weight[slot] = Math.min(0xffff, (this.#weight[slot] ?? 0) + weight);
    this.#link(slot, member);
    return slot;
  }

  weight(slot: number): number {
    return this.#weight[slot] ?? 0;
  }

  /** True once the family's place was found to hold a variable. */
  isOpen(slot: number): boolean {
    return this.#open[slot] === 1;
  }

  open(slot: number): void {
    this.#open[slot] = 1;
  }

  members(slot: number): number[] {
    const members: number[] = [];
    for (let at = this.#head[slot] ?? EMPTY; at !== EMPTY; at = this.#next[at] ?? EMPTY) {
      members.push(this.#members[at] ?? 0);
    }
    return members;
  }

  clear(): void {
    this.#allocate(FIRST_SLOTS);
    this.#members = new Int32Array(FIRST_SLOTS);
    this.#next = new Int32Array(FIRST_SLOTS);
    this.#memberships = 0;
    this.size = 0;
  }

  #isFree(slot: number): boolean {
    return this.#head[slot] === EMPTY;
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#high.length - 1;
    let slot = (high ^ (low >>> 7)) & mask;
    while (!this.#isFree(slot) && (this.#high[slot] !== high || this.#low[slot] !== low))
      slot = (slot + 1) & mask;
    return slot;
  }

  #link(slot: number, member: number): void {
    if (this.#memberships >= this.#members.length) {
      this.#members = grown(this.#members);
      this.#next = grown(this.#next);
    }
    this.#members[this.#memberships] = member;
    this.#next[this.#memberships] = this.#head[slot] ?? EMPTY;
    this.#head[slot] = this.#memberships;
    this.#memberships += 1;
  }

  #allocate(slots: number): void {
    this.#high = new Int32Array(slots);
    this.#low = new Int32Array(slots);
    this.#weight = new Uint16Array(slots);
    this.#open = new Uint8Array(slots);
    this.#head = new Int32Array(slots).fill(EMPTY);
  }

  #grow(): void {
    const [high, low, weight, open, head] = [this.#high, this.#low, this.#weight, this.#open, this.#head];
    this.#allocate(high.length * 2);
    for (let from = 0; from < high.length; from++) {
      if (head[from] === EMPTY) continue;
      const to = this.#slotOf(high[from] ?? 0, low[from] ?? 0);
      this.#high[to] = high[from] ?? 0;
      this.#low[to] = low[from] ?? 0;
      this.#weight[to] = weight[from] ?? 0;
      this.#open[to] = open[from] ?? 0;
      this.#head[to] = head[from] ?? EMPTY;
    }
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
