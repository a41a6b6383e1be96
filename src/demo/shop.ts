import { addToCart, browse, buy, failToBuy, signIn, type Journey } from "./journeys.ts";
import type { ShopLevel, ShopLine } from "./line.ts";
import { SeededRandom } from "./random.ts";

export type ShopPhase = "healthy" | "broken" | "recovering";

/** The model moves in steps of this length, so that a slow timer changes nothing in the story. */
export const SHOP_STEP_MS = 100;
const REQUESTS_PER_SECOND = 16;
/** Customers whose order failed try again. */
const RETRIES_PER_SECOND = 1.6;
const POOL_REPORT_EVERY_MS = 1_000;
/** For so long after the fix some orders still meet a broken connection. */
const RECOVERY_MS = 4_000;
const RECOVERY_FAILURE_SHARE = 0.25;

/**
 * What eight services of a shop write: all lines follow from the seed and from when the phases change. Lines of a
 * request come when its steps do, so the errors of one phase end in the next.
 */
export class Shop {
  readonly #random: SeededRandom;
  #phase: ShopPhase = "healthy";
  #phaseSinceMs = 0;
  #nowMs = 0;
  #scheduled: ShopLine[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  setPhase(phase: ShopPhase): void {
    this.#phase = phase;
    this.#phaseSinceMs = this.#nowMs;
  }

  /** The lines of the next `SHOP_STEP_MS`, in order of time. */
  step(): readonly ShopLine[] {
    const endMs = this.#nowMs + SHOP_STEP_MS;
    this.#arrive(REQUESTS_PER_SECOND, (atMs) => this.#request(atMs));
    if (this.#phase === "broken") this.#arrive(RETRIES_PER_SECOND, (atMs) => failToBuy(this.#random, atMs));
    this.#reportPool();
    this.#nowMs = endMs;
    const due = this.#scheduled.filter((line) => line.atMs < endMs);
    this.#scheduled = this.#scheduled.filter((line) => line.atMs >= endMs);
    return due.toSorted((a, b) => a.atMs - b.atMs);
  }

  #arrive(perSecond: number, journey: (atMs: number) => Journey): void {
    const count = this.#random.poisson((perSecond * SHOP_STEP_MS) / 1_000);
    for (let i = 0; i < count; i++) {
      const atMs = this.#nowMs + this.#random.between(0, SHOP_STEP_MS - 1);
      this.#scheduled.push(...journey(atMs).lines);
    }
  }

  #request(atMs: number): Journey {
    const random = this.#random;
    const kind = random.next();
    if (kind < 0.55) return browse(random, atMs);
    if (kind < 0.75) return addToCart(random, atMs);
    if (kind < 0.85) return signIn(random, atMs);
    return this.#paymentFails() ? failToBuy(random, atMs) : buy(random, atMs);
  }

  #paymentFails(): boolean {
    if (this.#phase === "broken") return true;
    const recovering = this.#phase === "recovering" && this.#nowMs - this.#phaseSinceMs < RECOVERY_MS;
    return recovering && this.#random.chance(RECOVERY_FAILURE_SHARE);
  }

  #reportPool(): void {
    const sinceMs = this.#nowMs - this.#phaseSinceMs;
    if (this.#phase === "broken" && sinceMs % POOL_REPORT_EVERY_MS === 0) {
      const waiting = Math.min(60, 4 + Math.floor(sinceMs / 500));
      this.#pool("WARN", `connection pool payments-db: 20 of 20 in use, ${waiting} requests waiting`);
    }
    if (this.#phase === "recovering" && sinceMs === 0) {
      this.#pool("INFO", "connection pool payments-db: stuck transactions ended, 20 connections replaced");
    }
  }

  #pool(level: ShopLevel, body: string): void {
    this.#scheduled.push({
      atMs: this.#nowMs,
      service: "payment",
      level,
      body,
      attributes: {},
      traceId: null,
    });
  }
}
