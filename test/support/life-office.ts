import { pino } from "pino";
import type { Alert } from "../../src/alert/alert.ts";
import type { LedgerRepository, MuteRepository } from "../../src/alert/life-repository.ts";
import type { AlertRepository, NewDelivery } from "../../src/alert/repository.ts";
import type { Verbs } from "../../src/alert/verbs.ts";
import { AlertDesk } from "../../src/desk.ts";
import { AlertHandling } from "../../src/desk/handling.ts";
import { SilenceLedger } from "../../src/desk/ledger.ts";
import { MuteBook } from "../../src/desk/mutes.ts";
import { Proposals } from "../../src/desk/proposals.ts";
import { noteSnoozed } from "../../src/desk/quiet.ts";
import { Reports } from "../../src/desk/reports.ts";
import { Rounds } from "../../src/desk/rounds.ts";
import { verbsOf } from "../../src/desk/verbs.ts";
import { deliveriesFor } from "../../src/notify/decide.ts";
import { MemoryLedger } from "../../src/store/memory-ledger.ts";
import { MemoryMutes } from "../../src/store/memory-mutes.ts";
import { Away, FlakyAlerts } from "./flaky-alerts.ts";
import { OPENED_AT_MS, sampleAlert } from "./sample-alert.ts";
import { TestClock } from "./test-clock.ts";

/** The desk with all that surrounds it, in memory and on a test clock. */
export class LifeOffice {
  readonly clock = new TestClock(OPENED_AT_MS);
  readonly repository: AlertRepository;
  readonly muteRepository: MuteRepository;
  readonly ledgerRepository: LedgerRepository;
  readonly ledger: SilenceLedger;
  readonly desk: AlertDesk;
  readonly mutes: MuteBook;
  readonly rounds: Rounds;
  readonly verbs: Verbs;
  /** What people have to be told, in order: `post`, `update`, `reply …`. */
  readonly told: string[] = [];
  remindEveryMs = 15 * 60_000;

  constructor(
    repository: AlertRepository = new FlakyAlerts(),
    muteRepository: MuteRepository = new MemoryMutes(),
    ledgerRepository: LedgerRepository = new MemoryLedger(),
  ) {
    this.repository = repository;
    this.muteRepository = muteRepository;
    this.ledgerRepository = ledgerRepository;
    const { clock } = this;
    const log = pino({ enabled: false });
    const isUnavailable = (error: unknown): boolean => error instanceof Away;
    this.ledger = new SilenceLedger({
      repository: ledgerRepository,
      isUnavailable,
      log,
      dropped: () => undefined,
    });
    this.mutes = new MuteBook({
      repository: muteRepository,
      alerts: repository,
      ledger: this.ledger,
      clock,
      log,
      isUnavailable,
      changed: () => queueMicrotask(() => this.desk.reconsider(clock.now())),
    });
    this.desk = new AlertDesk({
      repository,
      clock,
      log,
      backoffMs: () => 1_000,
      isUnavailable,
      committed: ({ deliveries }) => void this.told.push(...deliveries.map(word)),
      deliveriesFor,
      muting: (before, after, nowMs) => {
        noteSnoozed(this.ledger, before, after, nowMs);
        return this.mutes.muting(before, after, nowMs);
      },
    });
    const { desk, mutes, ledger } = this;
    const proposals = new Proposals({ repository: muteRepository, mutes, clock, isUnavailable });
    this.rounds = new Rounds({ desk, mutes, ledger, clock, remindEveryMs: this.remindEveryMs });
    this.verbs = verbsOf({
      alerts: desk,
      handling: new AlertHandling(desk, (alert, actor) => proposals.propose(alert, actor)),
      mutes,
      proposals,
      reports: new Reports({
        alerts: repository,
        ledger,
        mutes,
        isUnavailable,
        tryChannels: async () => [{ notifier: "fake", to: null, delivered: true, reason: null }],
      }),
    });
  }

  /** Opens and stores an alert, as a tick would. */
  async open(change: Partial<Alert> = {}): Promise<Alert> {
    const alert = sampleAlert({ version: 0, detectedAtMs: this.clock.now(), ...change });
    this.desk.open(alert, [], this.clock.now());
    await this.desk.settled();
    return this.stored(alert.id);
  }

  async stored(id: string): Promise<Alert> {
    const alert = await this.repository.get(id);
    if (alert === null) throw new Error(`${id} is not stored`);
    return alert;
  }

  /** What was told since the last call. */
  take(): readonly string[] {
    return this.told.splice(0);
  }

  /** Moves time on and goes round. */
  async later(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.rounds.run();
    await this.desk.settled();
  }
}

function word(delivery: NewDelivery): string {
  if (delivery.kind !== "reply") return delivery.kind;
  return `${delivery.broadcast ? "reply!" : "reply"} ${delivery.text}`;
}
