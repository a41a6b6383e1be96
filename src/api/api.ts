import express from "express";
import type { Express, RequestHandler } from "express";
import type { Logger } from "pino";
import type { PipelineNote } from "../alert/pipeline-notes.ts";
import type { Verbs } from "../alert/verbs.ts";
import type { Clock } from "../clock.ts";
import type { LogSink } from "../log/sink.ts";
import { requireToken } from "./access.ts";
import type { Tokens } from "./access.ts";
import { alertRoutes } from "./alerts.ts";
import { changeRoutes, type ChangeSink } from "./changes.ts";
import { errorHandler } from "./error-handler.ts";
import { fail } from "./failure.ts";
import { securityHeaders } from "./headers.ts";
import { handlingRoutes } from "./handling.ts";
import { healthRoutes } from "./health.ts";
import { ingestRoutes } from "./ingest.ts";
import { lifeRoutes } from "./life.ts";
import type { Metrics } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";
import type { BodyBudget, Dependency, PatternSource, ServiceStatus } from "./ports.ts";
import { patternRoutes } from "./patterns.ts";
import { pipelineView } from "./pipeline-view.ts";
import { routerOf } from "./route.ts";
import type { Route } from "./route.ts";
import { serviceView } from "./service-view.ts";

export interface ApiDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly publicUrl: string | null;
  readonly tokens: Tokens;
  readonly maxBodyBytes: number;
  /** null: bodies are bounded one by one only. */
  readonly budget: BodyBudget | null;
  readonly sink: LogSink;
  readonly verbs: Verbs;
  readonly changes: ChangeSink;
  readonly services: () => readonly ServiceStatus[];
  readonly pipeline: () => readonly PipelineNote[];
  /** Absent: no templates are mined, so there is nothing to ask for. */
  readonly patterns?: PatternSource;
  readonly readiness: () => Promise<readonly Dependency[]>;
  readonly metrics: Metrics;
  readonly pages: Pages;
}

/** The console's part, which comes from a later folder. */
export interface Pages {
  readonly routes: readonly Route[];
  /** At `/alerts/:id`: answers who wants a page, passes everybody else on. */
  readonly alert: RequestHandler;
}

function jsonRoute(path: string, body: () => unknown): Route {
  const handler: RequestHandler = (_req, res) => {
    res.json(body());
  };
  return { method: "get", path, access: "api", handlers: [handler] };
}

/** Every route of the API, which is also what its OpenAPI description must list. */
export function apiRoutes(deps: ApiDependencies): readonly Route[] {
  const description = openApiDocument({ ...deps, hasPatterns: deps.patterns !== undefined });
  const { metrics } = deps;
  return [
    ...ingestRoutes({ ...deps, observe: (request) => metrics.observeRequest(request) }),
    ...alertRoutes(deps.verbs, deps.pages.alert),
    ...handlingRoutes(deps.verbs, deps.clock),
    ...lifeRoutes(deps.verbs, deps.clock),
    ...changeRoutes(deps.changes, deps.clock),
    jsonRoute("/services", () => ({ services: deps.services().map(serviceView) })),
    jsonRoute("/pipeline", () => pipelineView(deps.pipeline())),
    ...(deps.patterns === undefined ? [] : patternRoutes(deps.patterns)),
    ...healthRoutes(deps),
    jsonRoute("/openapi.json", () => description),
    ...deps.pages.routes,
  ];
}

/** The API as an Express app, to be mounted at `/` after Slack's routes: it answers whatever comes to it. */
export function createApi(deps: ApiDependencies): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(securityHeaders);
  app.use(routerOf(apiRoutes(deps), deps.tokens));
  app.use(requireToken("api", deps.tokens), (_req, res) => fail(res, "not_found", "there is nothing here"));
  app.use(errorHandler(deps.logger));
  return app;
}
