import { describe, expect, test } from "vitest";
import { diffTraits } from "../../src/alert/diff.ts";

describe("the traits of a diff", () => {
  test.for([
    ["a duration in another unit", "-ttl: 15m\n+ttl: 15s", 60],
    ["a constant", "-const maxConns = 50\n+const maxConns = 10", 5],
    [
      "a deadline under another variable",
      "-ctx, c := WithTimeout(ctx, 5*time.Second)\n+callCtx, c := WithTimeout(ctx, 300*time.Millisecond)",
      16.67,
    ],
    ["digits of a name", "-use(AES_128_GCM)\n+use(AES_256_GCM)", 1],
    ["nothing", "-a := load()\n+b := load()", 1],
  ] as const)("know how far %s moved", ([, diff, factor]) => {
    expect(diffTraits(diff).valueFactor).toBeCloseTo(factor, 1);
  });

  test("tell a removed check from one that only moved", () => {
    expect(diffTraits("-if (x == null) return;\n-use(x)\n+use(x)").guardRemoved).toBe(true);
    expect(diffTraits("-if (x == null) return;\n+if (!x) return;").guardRemoved).toBe(false);
    expect(diffTraits("-ORDER BY a LIMIT 50\n+ORDER BY a").guardRemoved).toBe(true);
  });

  test("see a query that was not asked before", () => {
    expect(diffTraits("-x = row.name\n+x = db.query(sql)").reachesOut).toBe(true);
    expect(diffTraits("-x = db.query(sql)\n+x = pool.query(sql)").reachesOut).toBe(false);
  });

  test("see through comments, blanks and order", () => {
    expect(diffTraits("-a: 1\n-b: 2\n+b:  2\n+a: 1\n+# grouped")).toMatchObject({ cosmetic: true });
    expect(diffTraits('-log.debug("x")\n+log.info("x", y)')).toMatchObject({ onlyTells: true });
  });

  test("read no more than their bound of a hostile text", () => {
    const long = `-${"a ".repeat(100_000)}\n`.repeat(2_000);
    expect(diffTraits(long).additive).toBe(false);
  });
});
