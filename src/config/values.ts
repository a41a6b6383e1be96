import { z } from "zod";
import { parsePrices, type Prices } from "../analysis/prices.ts";
import { Secret } from "./secret.ts";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.ts";

/** Every setting arrives as text; what each kind accepts is told by its complaint. */
export type Value<T> = z.ZodType<T, string>;

function parsed<T>(parse: (text: string) => T | null, complaint: string): Value<T> {
  return z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: complaint });
    return z.NEVER;
  });
}

function within(value: number | null, min: number, max: number): number | null {
  return value !== null && Number.isFinite(value) && value >= min && value <= max ? value : null;
}

export function duration(minMs: number, maxMs: number): Value<number> {
  return parsed(
    (text) => within(parseDuration(text), minMs, maxMs),
    `must be a duration such as 250ms, 10s, 5m, 24h or 30d, from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
  );
}

export function size(minBytes: number, maxBytes: number): Value<number> {
  return parsed(
    (text) => within(parseSize(text), minBytes, maxBytes),
    `must be a size such as 512KiB, 64MiB or 1GiB, from ${formatSize(minBytes)} to ${formatSize(maxBytes)}`,
  );
}

export function integer(min: number, max: number): Value<number> {
  return parsed(
    (text) => (/^\d{1,12}$/.test(text) ? within(Number(text), min, max) : null),
    `must be a whole number from ${min} to ${max}`,
  );
}

/** `above` is excluded, `max` included. */
export function fraction(above: number, max: number): Value<number> {
  return parsed(
    (text) =>
      /^\d{0,9}(\.\d{1,9})?$/.test(text) && Number(text) > above ? within(Number(text), above, max) : null,
    `must be a number above ${above} and at most ${max}`,
  );
}

/** Minutes after midnight of `09:30`; null for `off`. */
export const clockTime: Value<number | null> = parsed((text) => {
  if (text.toLowerCase() === "off") return { minutes: null };
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined ? null : { minutes: Number(hours) * 60 + Number(minutes) };
}, "must be a time of day such as 09:00, or off").transform(({ minutes }) => minutes);

export const port: Value<number> = integer(0, 65_535);

export function oneOf<const T extends string>(options: readonly T[]): Value<T> {
  return parsed(
    (text) => options.find((option) => option === text.toLowerCase()) ?? null,
    `must be one of ${options.join(", ")}`,
  );
}

export const onOff: Value<boolean> = parsed((text) => {
  const word = text.toLowerCase();
  if (["true", "1", "yes", "on"].includes(word)) return true;
  return ["false", "0", "no", "off"].includes(word) ? false : null;
}, "must be true or false");

export function text(maxLength: number): Value<string> {
  return parsed(
    // oxlint-disable-next-line no-control-regex
    (value) => (value.length <= maxLength && !/[\u0000-\u001f\u007f]/.test(value) ? value : null),
    `must be printable and at most ${maxLength} characters long`,
  );
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ["http:", "https:"].includes(new URL(value).protocol);
}

/** Without its trailing slash, so that a path can be appended. */
export const httpUrl: Value<string> = parsed(
  (value) => (isHttpUrl(value) ? value.replace(/\/+$/, "") : null),
  "must be an address such as https://tocsin.example.com",
);

export const host: Value<string> = parsed(
  (value) => (/^[A-Za-z0-9_.:%-]{1,255}$/.test(value) && !value.includes("://") ? value : null),
  "must be an address or a host name without scheme and port, such as 127.0.0.1 or 0.0.0.0",
);

const ORIGIN =
  /^[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::(?:\d{1,5}|\*))?$/i;

/** Web origins in a list with commas; `*.` stands for the labels before a domain, `:*` for any port. */
export function origins(maxLength: number): Value<readonly string[]> {
  return parsed((value) => {
    const list = value.split(",").map((origin) => origin.trim());
    const good = list.every((origin) => origin === "*" || ORIGIN.test(origin));
    return good && value.length <= maxLength ? list : null;
  }, `must be origins without path, such as https://shop.example.com, https://*.example.com, or *; at most ${maxLength} characters`);
}

export const channel: Value<string> = parsed(
  (value) => (/^#?[\p{L}\p{N}_-]{1,80}$/u.test(value) ? value : null),
  "must be a channel name or id, such as #alerts or C0123456789",
);

/** Slack's ids of users and user groups, in a list with commas. */
export const slackMembers: Value<readonly string[]> = parsed((value) => {
  const list = value.split(",").map((id) => id.trim());
  return list.length <= 200 && list.every((id) => /^[UWS][A-Z0-9]{2,20}$/.test(id)) ? list : null;
}, "must be ids of users or user groups, such as U012AB3CD, S0614TZR7; at most 200");

/** What an `Authorization: Bearer` line can carry. */
export const token: Value<Secret> = parsed(
  (value) => (/^[\u0021-\u007e]{1,512}$/.test(value) ? new Secret(value) : null),
  "must be printable ASCII without blanks, at most 512 characters",
);

export function prefixed(pattern: RegExp, example: string): Value<Secret> {
  return parsed(
    (value) => (pattern.test(value) && value.length <= 1_024 ? new Secret(value) : null),
    `must look like ${example}`,
  );
}

export const prices: Value<Prices> = parsed(
  parsePrices,
  "must be prices in USD per million tokens such as claude-sonnet-5-5=2/10/2.5/0.1, with commas; at most 100",
);
