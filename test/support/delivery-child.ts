import { pino } from "pino";
import { systemClock } from "../../src/clock.ts";
import { DeliveryWorker } from "../../src/notify/deliver.ts";
import { slackClient } from "../../src/slack/client.ts";
import { SlackNotifier } from "../../src/slack/notifier.ts";
import { DatabaseAlerts } from "../../src/store/database-alerts.ts";
import { DatabaseCollectives } from "../../src/store/database-collectives.ts";
import { DatabaseOutbox } from "../../src/store/database-outbox.ts";
import { openServerDatabase } from "../../src/store/server-database.ts";

/** Delivers what waits in a database to a Slack, until somebody kills it: `DATABASE API TOKEN CHANNEL`. */
const [databaseUrl = "", apiUrl = "", token = "", channel = ""] = process.argv.slice(2);
const log = pino({ enabled: false });
const database = openServerDatabase({ url: databaseUrl, logger: log });
const alerts = new DatabaseAlerts(database);
new DeliveryWorker({
  outbox: new DatabaseOutbox(database),
  collectives: new DatabaseCollectives(database),
  notifier: new SlackNotifier({ client: slackClient(token, apiUrl, log), channel, clock: systemClock }),
  loadAlert: (id) => alerts.get(id),
  clock: systemClock,
  log,
  random: Math.random,
  limits: { pollMs: 100 },
}).start();
