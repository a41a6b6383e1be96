const MAX_VALUES = 100;
const MAX_LENGTH = 64;

/** Words from a closed set stay; what would make the set endless becomes `other`. */
export class BoundedLabel {
  readonly #seen = new Set<string>();

  of(value: string): string {
    if (this.#seen.has(value)) return value;
    if (value.length > MAX_LENGTH || this.#seen.size >= MAX_VALUES) return "other";
    this.#seen.add(value);
    return value;
  }
}
