import { z } from "zod";
import { STATUSES } from "../alert/alert.ts";
import { CATEGORIES, SEVERITIES } from "../anomaly/anomaly.ts";
import { MAX_NAME_LENGTH } from "../log/series.ts";
import { DEFAULT_LIMIT, MAX_LIMIT } from "./alert-query.ts";
import { wireSchemas } from "./life-schemas.ts";
import { DEFAULT_PATTERNS, MAX_OFFSET, MAX_PATTERNS, PATTERN_SORTS } from "./pattern-query.ts";

type Json = Readonly<Record<string, unknown>>;

const ERROR_TEXT: ReadonlyMap<number, string> = new Map([
  [400, "The request is not what is expected"],
  [401, "A token is needed"],
  [403, "Sent by a page of another site"],
  [404, "There is no such thing"],
  [409, "The alert's state forbids it"],
  [413, "The body is too large"],
  [415, "Another content type, encoding or character set"],
  [503, "Try again after Retry-After seconds"],
]);

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

const HTML: Json = { "text/html": { schema: { type: "string" } } };

function content(name: string): Json {
  return { "application/json": { schema: ref(name) } };
}

function errors(statuses: readonly number[]): Record<string, Json> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: ERROR_TEXT.get(status) ?? "", content: content("Error") },
    ]),
  );
}

interface Operation {
  readonly summary: string;
  readonly ok: readonly [status: number, description: string, content: Json];
  readonly errors: readonly number[];
  readonly more?: Json;
}

function operation({ summary, ok, errors: statuses, more = {} }: Operation): Json {
  const [status, description, body] = ok;
  return { summary, responses: { [status]: { description, content: body }, ...errors(statuses) }, ...more };
}

const OPEN = { security: [] };
const ID = {
  name: "id",
  in: "path",
  required: true,
  schema: { type: "string" },
  example: "anom_20240115_103045",
};
const SERVICE = { ...ID, name: "service", example: "payment-api" };

function query(name: string, schema: Json): Json {
  return { name, in: "query", required: false, schema };
}

const RECENT_QUERY = [
  query("limit", { type: "integer", minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
  query("severity", { type: "string", enum: SEVERITIES }),
  query("category", { type: "string", enum: CATEGORIES }),
  query("service", { type: "string", maxLength: MAX_NAME_LENGTH }),
  query("status", { type: "string", enum: STATUSES }),
];

function verb(summary: string, status: number): Json {
  return {
    post: operation({
      summary,
      ok: [status, "The alert", content("Alert")],
      errors: [401, 403, 404, 409, 503],
      more: { parameters: [ID] },
    }),
  };
}

/** A verb that says something: `body` is the name of what it wants. */
function speaking(summary: string, body: string, answer: string, parameters: readonly Json[] = [ID]): Json {
  return {
    post: operation({
      summary,
      ok: [200, "Done", content(answer)],
      errors: [400, 401, 403, 404, 409, 413, 503],
      more: { parameters, requestBody: { required: true, content: content(body) } },
    }),
  };
}

/** Accepted, not done; its body may be left out. */
function analysing(summary: string): Json {
  return {
    post: operation({
      summary,
      ok: [202, "The alert", content("Alert")],
      errors: [400, 401, 403, 404, 409, 413, 503],
      more: { parameters: [ID], requestBody: { required: false, content: content("AnalyzeBody") } },
    }),
  };
}

function deciding(summary: string, answer: string): Json {
  return {
    post: operation({
      summary,
      ok: [200, "Done", content(answer)],
      errors: [401, 403, 404, 409, 503],
      more: { parameters: [ID] },
    }),
  };
}

const PERIOD = ["from", "to"].map((name) =>
  query(name, { type: "string", description: "A time, or a span before now such as `2h`" }),
);

const ingest = operation({
  summary: "Take logs in, in Tocsin's own shape",
  ok: [202, "What became of the records", content("IngestResult")],
  errors: [400, 401, 403, 413, 415, 503],
  more: { requestBody: { required: true, content: content("IngestBody") } },
});

const health = operation({
  summary: "Whether the process answers",
  ok: [200, "It does", content("Health")],
  errors: [],
  more: OPEN,
});

const readyz: Json = {
  summary: "Whether everything that is configured works",
  responses: {
    200: { description: "It does", content: content("Readiness") },
    503: { description: "Something is down", content: content("Readiness") },
  },
  ...OPEN,
};

function get(summary: string, body: Json, statuses: readonly number[], more: Json = {}): Json {
  return { get: operation({ summary, ok: [200, "OK", body], errors: statuses, more }) };
}

const PATHS: Readonly<Record<string, Json>> = {
  "/logs/ingest": { post: ingest },
  "/alerts/recent": get("Alerts, newest first", content("Alerts"), [400, 401, 503], {
    parameters: RECENT_QUERY,
  }),
  "/alerts/{id}": get("One alert; a page for browsers", { ...content("Alert"), ...HTML }, [401, 404, 503], {
    parameters: [ID],
  }),
  "/alerts/{id}/events": get("The alert's audit trail", content("Events"), [401, 404, 503], {
    parameters: [ID],
  }),
  "/alerts/{id}/analyze": analysing("Analyse again; a hint is one more hypothesis"),
  "/alerts/{id}/acknowledge": verb("Say that somebody is on it", 200),
  "/alerts/{id}/resolve": verb("Close the alert", 200),
  "/alerts/{id}/reopen": verb("Open a resolved alert again", 200),
  "/alerts/{id}/snooze": speaking("No reminders and no pings for a while", "SnoozeBody", "Alert"),
  "/alerts/{id}/assign": speaking("Say whose it is; null: nobody's", "AssignBody", "Alert"),
  "/alerts/{id}/note": speaking("Write something down about it", "NoteBody", "Alert"),
  "/alerts/{id}/merge": speaking("Close it: it goes on in another alert", "MergeBody", "Alert"),
  "/alerts/{id}/feedback": speaking("Say what its analysis was worth", "FeedbackBody", "Alert"),
  "/alerts/{id}/verdict": speaking("Mark it as real or as noise", "VerdictBody", "Judged"),
  "/mutes": {
    ...get("What is muted or will be", content("Mutes"), [401, 503]),
    ...speaking("Mute; with a start it is a maintenance window", "MuteBody", "Muted", []),
  },
  "/mutes/preview": speaking("What a mute would have hidden in 30 days", "TargetBody", "Receipt", []),
  "/mutes/{id}/end": deciding("End a mute", "Mute"),
  "/proposals": get("Changes that marking noise has proposed", content("Proposals"), [401, 503]),
  "/proposals/{id}/approve": deciding("Make the change", "Proposal"),
  "/proposals/{id}/reject": deciding("Leave all as it is", "Proposal"),
  "/why": get("What was seen and not sent, and why", content("Silences"), [400, 401, 503], {
    parameters: [
      query("service", { type: "string" }),
      query("environment", { type: "string" }),
      query("limit", { type: "integer", minimum: 1, maximum: 200, default: 50 }),
      ...PERIOD,
    ],
  }),
  "/services/{service}/why": get(
    "What was seen in one service and not sent, and why",
    content("Silences"),
    [400, 401, 503],
    {
      parameters: [
        SERVICE,
        query("environment", { type: "string" }),
        query("limit", { type: "integer", minimum: 1, maximum: 200, default: 50 }),
        ...PERIOD,
      ],
    },
  ),
  "/digest": get("What a period came to; the last day unless said", content("Digest"), [400, 401, 503], {
    parameters: PERIOD,
  }),
  "/test-alert": {
    post: operation({
      summary: "One marked alert through every channel",
      ok: [200, "What became of it", content("TestResults")],
      errors: [401, 403],
    }),
  },
  "/changes": {
    post: operation({
      summary: "Tell of deployments, configuration, flags and commits",
      ok: [202, "What became of them", content("ChangeResult")],
      errors: [400, 401, 403, 413, 415, 503],
      more: { requestBody: { required: true, content: content("ChangeBody") } },
    }),
    ...get("The newest changes, newest first", content("Changes"), [401]),
  },
  "/services": get("Every service with its rates and baselines", content("Services"), [401]),
  "/pipeline": get("What is the matter with the way that records come", content("Pipeline"), [401]),
  "/health": { get: health },
  "/healthz": { get: health },
  "/readyz": { get: readyz },
  "/metrics": get("Prometheus text format", { "text/plain": { schema: { type: "string" } } }, [], OPEN),
  "/openapi.json": get("This description", { "application/json": { schema: { type: "object" } } }, [401]),
  "/": get("A page for people", HTML, [401]),
};

const PATTERN_PATHS: Readonly<Record<string, Json>> = {
  "/services/{service}/patterns": get(
    "The message templates of a service",
    content("Patterns"),
    [400, 401, 404],
    {
      parameters: [
        SERVICE,
        query("environment", { type: "string", maxLength: MAX_NAME_LENGTH }),
        query("namespace", { type: "string", maxLength: MAX_NAME_LENGTH }),
        query("sort", { type: "string", enum: PATTERN_SORTS, default: "count" }),
        query("limit", { type: "integer", minimum: 1, maximum: MAX_PATTERNS, default: DEFAULT_PATTERNS }),
        query("offset", { type: "integer", minimum: 0, maximum: MAX_OFFSET, default: 0 }),
      ],
    },
  ),
};

/** Published shapes may grow, so they do not forbid further properties. */
function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(wireSchemas, {
    uri: (id) => `#/components/schemas/${id}`,
    override({ jsonSchema }) {
      delete jsonSchema.$schema;
      delete jsonSchema.$id;
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  const named = Object.entries(schemas).map(([name, { $schema: _schema, $id: _id, ...schema }]) => [
    name,
    schema,
  ]);
  return Object.fromEntries(named);
}

/** The OpenAPI 3.1 description of everything on port 8000 but Slack's own URL. */
export function openApiDocument({
  publicUrl,
  version,
  hasPatterns = true,
}: {
  readonly publicUrl: string | null;
  readonly version: string;
  /** Are templates mined? */
  readonly hasPatterns?: boolean;
}): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Tocsin",
      version,
      description: "OpenTelemetry logs in, explained alerts out.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: publicUrl ?? "/" }],
    security: [{}, { bearer: [] }],
    paths: hasPatterns ? { ...PATHS, ...PATTERN_PATHS } : PATHS,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
}
