import { parseDuration } from "../log/duration.ts";
import { parseTime } from "../log/time.ts";

export const WHY_USAGE = `usage: tocsin why SERVICE [SINCE]

  What the running service saw in SERVICE and did not send, with the gate that stopped it.
  SINCE is a span before now (2h, 30m) or a time (2024-01-15T10:30:00Z); without it the last day.`;

export interface WhyQuestion {
  readonly service: string;
  /** As given: a span or a time. */
  readonly from: string | null;
}

/** null for anything else than a service and perhaps a span or a time. */
export function parseWhyArguments(args: readonly string[]): WhyQuestion | null {
  const [service = "", from = null, ...rest] = args;
  if (service === "" || service.startsWith("-") || rest.length > 0) return null;
  if (from !== null && parseDuration(from) === null && parseTime(from) === null) return null;
  return { service, from };
}
