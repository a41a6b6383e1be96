import type { RequestHandler } from "express";
import type { AlertVerbs } from "../alert/verbs.ts";
import { idOf } from "../api/answers.ts";
import type { Pages } from "../api/api.ts";
import { renderAlert } from "./alert-page.ts";
import { sendPage } from "./layout.ts";
import { renderPage } from "./page.ts";

const SHOWN_ALERTS = 10;

type PageVerbs = Pick<AlertVerbs, "recent" | "get" | "events">;

/** The page at `/alerts/:id` for those who ask for HTML first, as browsers do; programs go on to the JSON. */
function alertPage(verbs: PageVerbs): RequestHandler {
  return async (req, res, next) => {
    res.vary("Accept");
    const id = req.accepts(["json", "html"]) === "html" ? idOf(req) : null;
    const alert = id === null ? null : await verbs.get(id);
    if (id === null || alert === null || alert === "unavailable") next();
    else sendPage(res, renderAlert(alert, await verbs.events(id)));
  };
}

/** The console's pages, for the API to serve under its token. */
export function consolePages(verbs: PageVerbs, version: string): Pages {
  const home: RequestHandler = async (_req, res) => {
    sendPage(res, renderPage(await verbs.recent({ limit: SHOWN_ALERTS }), version));
  };
  return {
    routes: [{ method: "get", path: "/", access: "api", handlers: [home] }],
    alert: alertPage(verbs),
  };
}
