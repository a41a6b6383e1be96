import type { Config } from "../config.ts";
import type { Finding } from "./doctor.ts";

const ANSWER_WITHIN_MS = 3_000;

interface Readiness {
  readonly dependencies: Readonly<Record<string, { readonly state: string; readonly reason: string | null }>>;
}

/** What the running service cannot do, such as post to a channel that is gone: only it has tried. */
export async function checkService({ api }: Pick<Config, "api">): Promise<Finding> {
  const name = "service";
  const host = api.host.includes(":") ? `[${api.host}]` : api.host;
  let readiness: Readiness;
  try {
    const response = await fetch(`http://${host}:${api.port}/readyz`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    readiness = (await response.json()) as Readiness;
  } catch {
    return { name, state: "unused", detail: `no service answers on port ${api.port}` };
  }
  const down = Object.entries(readiness.dependencies ?? {})
    .filter(([, { state }]) => state === "down")
    .map(([dependency, { reason }]) => `${dependency} (${reason ?? "down"})`);
  if (down.length === 0) return { name, state: "ok", detail: `answers on port ${api.port}, nothing is down` };
  return { name, state: "failed", detail: `the running service says down: ${down.join(", ")}` };
}
