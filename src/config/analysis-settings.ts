import { LIST_PRICES } from "../analysis/prices.ts";
import { section } from "./setting.ts";
import { duration, fraction, httpUrl, integer, oneOf, onOff, prices, text, token } from "./values.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const MAX_PATH = 4_096;
const MAX_NAME = 128;
const SECRET = { prints: "secret" } as const;
const ADDRESS = { prints: "address" } as const;
const EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const;

const analysis = section("Analysis");

/** How alerts are explained, and what that may cost. */
export const analysisSettings = {
  ANTHROPIC_API_KEY: analysis.absent(
    token,
    "Claude; absent: the statistical analysis, said to be so",
    SECRET,
  ),
  ANTHROPIC_BASE_URL: analysis.absent(httpUrl, "A gateway in front of Claude", ADDRESS),
  TOCSIN_MODEL: analysis.given(text(MAX_NAME), "claude-sonnet-5-5", "The model that explains alerts"),
  TOCSIN_EFFORT: analysis.given(
    oneOf(EFFORTS),
    "high",
    "How hard the model thinks: `low`, `medium`, `high`, `xhigh`, `max`",
  ),
  TOCSIN_AI_CONCURRENCY: analysis.given(integer(1, 32), "2", "Analyses at the same time"),
  TOCSIN_AI_TIMEOUT: analysis.given(
    duration(SECOND, HOUR),
    "120s",
    "Deadline of one analysis with all its attempts",
  ),
  TOCSIN_AI_CALL_TIMEOUT: analysis.given(duration(SECOND, HOUR), "120s", "Deadline of one call"),
  TOCSIN_AI_ATTEMPTS: analysis.given(
    integer(1, 20),
    "4",
    "Attempts where the API is busy or out of reach, within the deadline",
  ),
  TOCSIN_AI_MAX_TOKENS: analysis.given(
    integer(256, 128_000),
    "8000",
    "Longest answer, thinking included, in tokens; one that is cut off is asked for once more with twice as many",
  ),
  TOCSIN_AI_FALLBACK_MODEL: analysis.absent(
    text(MAX_NAME),
    "Asked once where the model refuses; absent: the statistical analysis stands",
  ),
  TOCSIN_AI_DEEP: analysis.given(
    oneOf(["critical", "off"]),
    "critical",
    "`critical`: critical alerts, and those somebody asks about, get a deep analysis with tools; `off`: one call for all",
  ),
  TOCSIN_AI_DEEP_MODEL: analysis.given(text(MAX_NAME), "claude-opus-5-5", "The model of deep analyses"),
  TOCSIN_AI_DEEP_EFFORT: analysis.given(oneOf(EFFORTS), "high", "How hard it thinks"),
  TOCSIN_AI_DEEP_TURNS: analysis.given(integer(1, 20), "6", "Turns with tools in a deep analysis"),
  TOCSIN_AI_DEEP_MAX_TOKENS: analysis.given(integer(256, 128_000), "16000", "Longest answer of a turn"),
  TOCSIN_AI_DEEP_TIMEOUT: analysis.given(duration(SECOND, HOUR), "300s", "Deadline of a deep analysis"),
  TOCSIN_AI_EVIDENCE_TOKENS: analysis.given(
    integer(2_000, 100_000),
    "12000",
    "Most tokens of evidence that are sent for one alert",
  ),
  TOCSIN_AI_BUDGET_USD_PER_DAY: analysis.absent(
    fraction(0, 1_000_000),
    "Spending limit; a fifth is kept for critical alerts",
    { fallbackNote: "no limit" },
  ),
  TOCSIN_AI_BUDGET_USD_PER_MONTH: analysis.absent(
    fraction(0, 1_000_000),
    "Spending limit; a fifth is kept for critical alerts",
    { fallbackNote: "no limit" },
  ),
  TOCSIN_AI_PRICES: analysis.given(
    prices,
    LIST_PRICES,
    "USD per million tokens, `model=input/output/cache write/cache read`; `model>100000=…` beyond so many tokens of prompt; a model without a price is counted as the dearest",
  ),
  TOCSIN_AI_TEMPLATES_ONLY: analysis.given(
    onOff,
    "false",
    "Send templates and counts only: no log line, no diff",
  ),
  TOCSIN_RUNBOOKS: analysis.given(text(MAX_PATH), "./runbooks", "Folder of runbooks, Markdown"),
};
