import { defineConfig } from "drizzle-kit";

/** Paths are relative to the package root, where `npm run migrations` runs. */
export default defineConfig({
  dialect: "postgresql",
  schema: ["./src/store/schema.ts", "./src/store/analysis-schema.ts"],
  out: "./migrations",
});
