import { z } from "zod";
import type { Route } from "../alert/route.ts";
import { CATEGORIES, SEVERITIES } from "../anomaly/anomaly.ts";
import { Secret } from "./secret.ts";
import type { Value } from "./values.ts";

/** An address that alerts are sent to as signed JSON. */
export interface WebhookConfig {
  readonly name: string;
  readonly url: string;
  /** Signs each request. */
  readonly secret: Secret;
}

const MAX_ENTRIES = 200;
const MAX_TEXT = 1_000;

/** One value, or a list of them. */
function some<T>(one: z.ZodType<T>) {
  return z
    .union([one, z.array(one).min(1)])
    .transform((value): readonly T[] => (Array.isArray(value) ? value : [value]));
}

const name = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, "must be letters, digits, _ and -, at most 40");
const glob = z.string().min(1).max(MAX_TEXT);
const httpUrl = z
  .string()
  .max(MAX_TEXT)
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    "must be an address such as https://example.com/alerts",
  );

const route = z.strictObject({
  name: name.optional(),
  service: some(glob).optional(),
  category: some(z.enum(CATEGORIES)).optional(),
  severity: some(z.enum(SEVERITIES)).optional(),
  environment: some(glob).optional(),
  channel: z
    .string()
    .regex(/^#?[\p{L}\p{N}_-]{1,80}$/u, "must be a channel name or id, such as #alerts or C0123456789")
    .optional(),
  mention: z
    .string()
    .regex(
      /^([SUW][A-Z0-9]{5,20}|here|channel)$/,
      "must be a user group's or user's id such as S0123456789, or here",
    )
    .optional(),
  webhook: some(name).optional(),
});

const webhook = z.strictObject({
  name,
  url: httpUrl,
  secret: z.string().min(16, "must have at least 16 characters").max(MAX_TEXT),
});

/** A list as JSON; every complaint names the entry and the field, and quotes no value. */
function listOf<T>(entry: z.ZodType<T>, noun: string): Value<readonly T[]> {
  return z.string().transform((text, context) => {
    const complain = (message: string): never => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch {
      return complain(`must be a JSON list of ${noun}s`);
    }
    const parsed = z.array(entry).max(MAX_ENTRIES).safeParse(given);
    if (parsed.success) return parsed.data;
    const complaints = parsed.error.issues.map(({ path, message }) => {
      const [index, ...field] = path;
      const which = index === undefined ? "" : `${noun} ${Number(index) + 1}`;
      return [which, field.join("."), message].filter((part) => part !== "").join(": ");
    });
    return complain([...new Set(complaints)].join("; "));
  });
}

export const routeList = listOf(route, "route");
export const webhookList = listOf(webhook, "webhook");

type RouteSetting = z.infer<typeof route>;

export function routesOf(settings: readonly RouteSetting[] | null): readonly Route[] {
  return (settings ?? []).map((setting, index) => ({
    name: setting.name ?? `route ${index + 1}`,
    services: setting.service ?? null,
    categories: setting.category ?? null,
    severities: setting.severity ?? null,
    environments: setting.environment ?? null,
    channel: setting.channel ?? null,
    mention: setting.mention ?? null,
    webhooks: setting.webhook ?? [],
  }));
}

export function webhooksOf(settings: readonly z.infer<typeof webhook>[] | null): readonly WebhookConfig[] {
  return (settings ?? []).map(({ name: hook, url, secret }) => ({
    name: hook,
    url,
    secret: new Secret(secret),
  }));
}

/** What is wrong with routes and webhooks together; null where nothing is. */
export function routingComplaint(
  routes: readonly RouteSetting[] | null,
  webhooks: readonly z.infer<typeof webhook>[] | null,
): string | null {
  const names = (webhooks ?? []).map((hook) => hook.name);
  const double = names.find((hook, index) => names.indexOf(hook) !== index);
  if (double !== undefined) return `TOCSIN_WEBHOOKS: two webhooks are called ${double}`;
  const wanted = (routes ?? []).flatMap(({ webhook: hooks }) => hooks ?? []);
  const unknown = wanted.find((hook) => !names.includes(hook));
  return unknown === undefined ? null : `TOCSIN_ROUTES: no webhook in TOCSIN_WEBHOOKS is called ${unknown}`;
}
