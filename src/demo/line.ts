export const SHOP_SERVICES = [
  "frontend",
  "cart",
  "checkout",
  "payment",
  "inventory",
  "shipping",
  "recommendation",
  "user",
] as const;
export type ShopService = (typeof SHOP_SERVICES)[number];

/** OpenTelemetry's numbers for the words that the shop's loggers write. */
export const SHOP_LEVELS = { DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 } as const;
export type ShopLevel = keyof typeof SHOP_LEVELS;

/** One line of one service's log; `atMs` counts from the shop's opening. */
export interface ShopLine {
  readonly atMs: number;
  readonly service: ShopService;
  readonly level: ShopLevel;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** 32 hex digits; null for what belongs to no request. */
  readonly traceId: string | null;
}
