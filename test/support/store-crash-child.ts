import { systemClock } from "../../src/clock.ts";
import { DatabaseAlerts } from "../../src/store/database-alerts.ts";
import { openEmbeddedDatabase } from "../../src/store/embedded-database.ts";
import { silentLogger } from "./store-database.ts";
import { sampleAlert } from "./sample-alert.ts";
import { opening } from "./store-samples.ts";

/** Commits alerts without end and names each once its commit has returned; run by the crash test, which kills it. */
const dataDir = process.argv[2] ?? "";
const first = Number(process.argv[3]);
const database = await openEmbeddedDatabase({ dataDir, clock: systemClock, logger: silentLogger });
const alerts = new DatabaseAlerts(database);
for (let number = first; ; number++) {
  const id = `anom_${number}`;
  const description = "x".repeat(5_000);
  await alerts.commit(opening(sampleAlert({ id, description }), { deliveries: [{ kind: "post" }] }));
  process.stdout.write(`${id}\n`);
}
