const MASK = "********";

/** A value that does not print: not in a log line, not in JSON, not in an error, not under `util.inspect`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one call that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return MASK;
  }
}

/** A connection address without what may be secret in it: the password and every query parameter. */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return MASK;
  const url = new URL(text);
  const user = url.username === "" ? "" : url.password === "" ? `${url.username}@` : `${url.username}:***@`;
  const account = url.username === "" && url.password !== "" ? ":***@" : user;
  const query = url.search === "" ? "" : "?…";
  return `${url.protocol}//${account}${url.host}${url.pathname === "/" ? "" : url.pathname}${query}`;
}
