import { refusal, retryLater } from "./admission.ts";
import type { Refusal } from "./admission.ts";

const BUDGET_RETRY_S = 2;
const CLOSING_RETRY_S = 2;
const FAILED_RETRY_S = 5;

/** The answer to whatever comes while the server stops. */
export const CLOSING = retryLater("closing", "shutting down: come again later", CLOSING_RETRY_S);

/** The answer where the sink broke: a sender would drop its batch on anything but this. */
export const FAILED = retryLater("failed", "temporary failure: come again later", FAILED_RETRY_S);

export function overBudget(): Refusal {
  return retryLater("over_budget", "too much data in flight: come again later", BUDGET_RETRY_S);
}

export function corrupt(message: string): Refusal {
  return refusal(400, "corrupt", message);
}
