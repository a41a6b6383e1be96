import { Router } from "express";
import type { RequestHandler } from "express";
import { refuseForeignPages, requireToken } from "./access.ts";
import type { Access, Tokens } from "./access.ts";
import { fail } from "./failure.ts";

export interface Route {
  readonly method: "get" | "post";
  readonly path: string;
  readonly access: Access;
  /** Runs ahead of the token check, for what must see refused requests too. */
  readonly before?: readonly RequestHandler[];
  readonly handlers: readonly RequestHandler[];
}

function methodNotAllowed(allow: string): RequestHandler {
  return (_req, res) => fail(res, "method_not_allowed", `this path understands ${allow}`, { Allow: allow });
}

function allowOf(routes: readonly Route[]): string {
  return routes.flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : ["POST"])).join(", ");
}

/** Who may learn which methods a path has: whoever may call one of them. */
function accessOfPath(routes: readonly Route[]): Access {
  return routes[0]?.access ?? "api";
}

/** All routes with their guards; a known path with another method is 405, in the order given. */
export function routerOf(routes: readonly Route[], tokens: Tokens): Router {
  const router = Router({ caseSensitive: true });
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const route = router.route(path);
    for (const { method, access, before = [], handlers } of ofPath)
      route[method](...before, requireToken(access, tokens), refuseForeignPages, ...handlers);
    route.all(requireToken(accessOfPath(ofPath), tokens));
    route.all(methodNotAllowed(allowOf(ofPath)));
  }
  return router;
}
