import { z } from "zod";
import type { Config } from "../config.ts";
import { safe, type TerminalStream } from "../notify/terminal.ts";
import type { WhyQuestion } from "./why-arguments.ts";

const ANSWER_WITHIN_MS = 10_000;
const LIMIT = 200;

const answer = z.object({
  silences: z.array(
    z.object({
      environment: z.string(),
      category: z.string(),
      pattern: z.string().nullable(),
      gate: z.string(),
      reason: z.string(),
      anomaly_id: z.string().nullable(),
      first_at: z.string(),
      last_at: z.string(),
      count: z.number(),
    }),
  ),
});
type Silence = z.infer<typeof answer>["silences"][number];

function lines(silence: Silence): readonly [what: string, stopped: string] {
  const { first_at: first, last_at: last, count, category, environment, gate } = silence;
  const when = count === 1 ? first : `${first} to ${last}, ${count} times`;
  const alert = silence.anomaly_id === null ? "" : ` (${silence.anomaly_id})`;
  const about = silence.pattern === null ? "" : ` ${silence.pattern}`;
  return [
    `${when}  ${category.replaceAll("_", " ")} in ${environment}${about}`,
    `stopped by ${gate}${alert}: ${silence.reason}`,
  ];
}

function complaint(status: number, port: number): string {
  if (status === 401)
    return "The running service refuses the token: set TOCSIN_API_TOKEN as it is set there.";
  if (status === 503) return "The running service cannot read its database at the moment.";
  return `What answers on port ${port} is no Tocsin that knows this question (HTTP ${status}).`;
}

/** What the running service saw and did not send; 1 where none answers. */
export async function why(
  { api }: Pick<Config, "api">,
  { service, from }: WhyQuestion,
  out: TerminalStream,
): Promise<number> {
  const host = api.host.includes(":") ? `[${api.host}]` : api.host;
  const url = new URL(`http://${host}:${api.port}/services/${encodeURIComponent(service)}/why`);
  url.searchParams.set("limit", String(LIMIT));
  if (from !== null) url.searchParams.set("from", from);
  const token = api.token?.reveal();
  let response: Response;
  try {
    response = await fetch(url, {
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch {
    out.write(
      `No service answers on port ${api.port}: start it (npm start), or set TOCSIN_HOST and TOCSIN_PORT.\n`,
    );
    return 1;
  }
  const read = answer.safeParse(await response.json().catch(() => null));
  if (!response.ok || !read.success) {
    out.write(`${complaint(response.status, api.port)}\n`);
    return 1;
  }
  const { silences } = read.data;
  if (silences.length === 0) out.write(`Nothing was seen in ${safe(service)} and not sent.\n`);
  for (const silence of silences) {
    const [what, stopped] = lines(silence);
    out.write(`${safe(what)}\n  ${safe(stopped)}\n`);
  }
  return 0;
}
