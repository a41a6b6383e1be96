import { MemoryAlerts } from "../../src/store/memory-alerts.ts";
import { MemoryCollectives } from "../../src/store/memory-collectives.ts";
import { MemoryLearned } from "../../src/store/memory-learned.ts";
import { MemoryLedger } from "../../src/store/memory-ledger.ts";
import { MemoryMutes } from "../../src/store/memory-mutes.ts";
import { MemorySpend } from "../../src/store/memory-spend.ts";
import { MemoryState } from "../../src/store/memory-state.ts";
import { alertRepositoryContract, type AlertStore } from "../support/store-alert-contract.ts";
import { collectiveContract, outboxContract } from "../support/store-outbox-contract.ts";
import { spendContract } from "../support/store-spend-contract.ts";
import { lifeContract } from "../support/store-life-contract.ts";
import { learnedStoreContract } from "../support/store-learned-contract.ts";
import { CONTRACT_TTL_MS, stateStoreContract } from "../support/store-state-contract.ts";

async function open(): Promise<AlertStore> {
  const alerts = new MemoryAlerts();
  return { alerts, outbox: alerts.outbox };
}

alertRepositoryContract("in memory", open);
outboxContract("in memory", open);
collectiveContract("in memory", async () => {
  const store = await open();
  return { ...store, collectives: new MemoryCollectives(store.outbox) };
});
lifeContract("in memory", async () => ({ mutes: new MemoryMutes(), ledger: new MemoryLedger() }));
stateStoreContract("in memory", async () => new MemoryState(CONTRACT_TTL_MS));
learnedStoreContract("in memory", async () => new MemoryLearned());
spendContract("in memory", async () => {
  const store = new MemorySpend();
  return () => store;
});
