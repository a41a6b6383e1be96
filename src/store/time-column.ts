import { doublePrecision } from "drizzle-orm/pg-core";

/** Times are epoch milliseconds as doubles: what the engine computes with, fractions included, comes back as it went. */
export const timeMs = (name: string) => doublePrecision(name);
