import type { ShopLevel, ShopLine, ShopService } from "./line.ts";
import type { SeededRandom } from "./random.ts";

/** Lines of one customer's request, each some milliseconds after the one before. */
export class Journey {
  readonly lines: ShopLine[] = [];
  readonly requestId: string;
  readonly traceId: string;
  readonly userId: number;
  #atMs: number;

  constructor(random: SeededRandom, startMs: number) {
    this.#atMs = startMs;
    const id = random.hex(12);
    this.requestId = `req-${id}`;
    this.traceId = id.repeat(3).slice(0, 32);
    this.userId = random.between(10_000, 99_999);
  }

  wait(durationMs: number): void {
    this.#atMs += durationMs;
  }

  log(service: ShopService, level: ShopLevel, body: string, extra: ShopLine["attributes"] = {}): void {
    const attributes = { "request.id": this.requestId, ...extra };
    this.lines.push({ atMs: this.#atMs, service, level, body, attributes, traceId: this.traceId });
  }
}

const CATEGORIES = ["lamps", "chairs", "tables", "shelves", "rugs"] as const;
const CARRIERS = ["NordPost", "SwiftParcel", "BlueVan"] as const;

/** Share of requests in which something small goes wrong although the shop is well. */
const MODEL_MISS = 0.03;
const CARD_DECLINED = 0.06;
const SLOW_CARRIER = 0.05;
const BAD_PASSWORD = 0.08;

export function browse(random: SeededRandom, startMs: number): Journey {
  const journey = new Journey(random, startMs);
  const product = random.between(1_000, 9_999);
  if (random.chance(0.4)) {
    journey.log("inventory", "INFO", `stock of SKU-${product} is ${random.between(0, 400)}`);
    journey.wait(random.between(2, 12));
  }
  if (random.chance(MODEL_MISS)) {
    const took = random.between(800, 1_200);
    journey.log(
      "recommendation",
      "WARN",
      `feature store lookup timed out after ${took} ms, serving bestsellers`,
    );
  } else {
    journey.log("recommendation", "INFO", `ranked ${random.between(8, 40)} items for user ${journey.userId}`);
  }
  journey.wait(random.between(5, 40));
  const tookMs = random.between(12, 180);
  const path = random.chance(0.3) ? `/category/${random.pick(CATEGORIES)}` : `/product/${product}`;
  journey.log("frontend", "INFO", `GET ${path} 200 ${tookMs}ms`, {
    "http.request.method": "GET",
    "http.response.status_code": 200,
  });
  return journey;
}

export function addToCart(random: SeededRandom, startMs: number): Journey {
  const journey = new Journey(random, startMs);
  const sku = random.between(1_000, 9_999);
  journey.log("inventory", "INFO", `reserved ${random.between(1, 3)} of SKU-${sku}`);
  journey.wait(random.between(3, 20));
  journey.log(
    "cart",
    "INFO",
    `user ${journey.userId} added SKU-${sku}, ${random.between(1, 9)} items in cart`,
  );
  journey.wait(random.between(2, 15));
  journey.log("frontend", "INFO", `POST /cart 200 ${random.between(10, 90)}ms`, {
    "http.request.method": "POST",
    "http.response.status_code": 200,
  });
  return journey;
}

export function signIn(random: SeededRandom, startMs: number): Journey {
  const journey = new Journey(random, startMs);
  const failed = random.chance(BAD_PASSWORD);
  if (failed) journey.log("user", "WARN", `sign-in of user ${journey.userId} failed: wrong password`);
  else journey.log("user", "INFO", `user ${journey.userId} signed in from 10.2.${random.between(0, 9)}.17`);
  journey.wait(random.between(4, 30));
  const status = failed ? 401 : 200;
  journey.log("frontend", "INFO", `POST /login ${status} ${random.between(20, 140)}ms`, {
    "http.request.method": "POST",
    "http.response.status_code": status,
  });
  return journey;
}

/** An order up to the payment: what comes next depends on it. */
function order(random: SeededRandom, startMs: number): { journey: Journey; id: string; total: string } {
  const journey = new Journey(random, startMs);
  const id = `ord-${random.between(100_000, 999_999)}`;
  const total = `${random.between(8, 420)}.${random.between(10, 99)}`;
  journey.log("cart", "INFO", `cart of user ${journey.userId} handed to checkout`);
  journey.wait(random.between(2, 10));
  journey.log("checkout", "INFO", `order ${id} placed by user ${journey.userId}, ${total} EUR`, {
    "order.id": id,
  });
  journey.wait(random.between(2, 20));
  journey.log("inventory", "INFO", `order ${id}: all items reserved`, { "order.id": id });
  journey.wait(random.between(2, 20));
  return { journey, id, total };
}

export function buy(random: SeededRandom, startMs: number): Journey {
  const { journey, id, total } = order(random, startMs);
  if (random.chance(CARD_DECLINED)) {
    journey.log("payment", "WARN", `order ${id}: card declined, insufficient funds`, { "order.id": id });
    journey.wait(random.between(5, 20));
    journey.log("frontend", "INFO", `POST /checkout 402 ${random.between(80, 300)}ms`);
    return journey;
  }
  journey.log("payment", "INFO", `order ${id}: charged ${total} EUR`, { "order.id": id });
  journey.wait(random.between(10, 60));
  const carrier = random.pick(CARRIERS);
  const slow = random.chance(SLOW_CARRIER);
  if (slow) journey.log("shipping", "WARN", `${carrier} answered after ${random.between(900, 1_400)} ms`);
  journey.log("shipping", "INFO", `order ${id}: label ${random.hex(10)} printed for ${carrier}`, {
    "order.id": id,
  });
  journey.wait(random.between(5, 30));
  journey.log("checkout", "INFO", `order ${id} confirmed`, { "order.id": id });
  journey.wait(random.between(2, 10));
  journey.log("frontend", "INFO", `POST /checkout 200 ${random.between(120, 420)}ms`, {
    "http.request.method": "POST",
    "http.response.status_code": 200,
  });
  return journey;
}

/** How long payment waits for a connection before it gives up. */
const POOL_TIMEOUT_MS = 1_500;
/** A made-up password, so that the alert shows that secrets are masked. */
const PAYMENT_DATABASE = "postgres://payment:Xk29-demo-pw@payments-db:5432/payments";

/** An order while payment gets no database connection: payment fails first, checkout and frontend follow. */
export function failToBuy(random: SeededRandom, startMs: number): Journey {
  const { journey, id } = order(random, startMs);
  for (const attempt of [1, 2]) {
    journey.wait(POOL_TIMEOUT_MS + random.between(0, 40));
    const waiting = random.between(18, 60);
    journey.log(
      "payment",
      "ERROR",
      `connection pool exhausted: no connection to ${PAYMENT_DATABASE} within ${POOL_TIMEOUT_MS} ms (active=20, idle=0, waiting=${waiting})`,
      { "order.id": id, "db.system.name": "postgresql", attempt },
    );
    journey.wait(random.between(1, 10));
    journey.log("payment", "ERROR", `order ${id}: charge failed: database unavailable`, { "order.id": id });
  }
  journey.wait(random.between(5, 25));
  journey.log("checkout", "ERROR", `order ${id}: payment call failed: deadline exceeded after 3 s`, {
    "order.id": id,
    "rpc.service": "payment",
  });
  journey.wait(random.between(300, 700));
  journey.log(
    "frontend",
    "ERROR",
    `POST /checkout 502 ${random.between(3_300, 3_900)}ms: upstream checkout failed`,
    {
      "http.request.method": "POST",
      "http.response.status_code": 502,
    },
  );
  return journey;
}
