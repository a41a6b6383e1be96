import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TemplateMiner } from "../../src/template/miner.ts";
import { LineMiner, keyOf, shapeOf } from "../support/template-mining.ts";

const NAMES = "ann bob cid dora eve fay gus hal ida jon kim leo mia ned ola pia".split(" ");

describe("one template", () => {
  test.for([
    [
      "optional parts of values only",
      "close, 0 bytes sent, lifetime 1 sec",
      "close, 12 bytes (1.2 KB) sent, lifetime 00:13",
    ],
    ["lists of any length", "acls set to [ann, bob]", "acls set to [cid, dora, eve]"],
    ["repeated groups", "at 1 iar 0x1, dear 0x2", "at 1 iar 0x1, dear 0x2 iar 0x3, dear 0x4"],
    ["values of a key", "login user=ann ok", "login user=bob ok"],
    ["values in quotes", "service 'cart' is up", "service 'order' is up"],
    ["who it was about", "session opened for user ann", "session opened for user bob"],
    ["hosts", "lookup for a.b.example [1.2.3.4] failed", "lookup for x.example [5.6.7.8] failed"],
    ["hardware addresses", "link FF:F2:9F:EB:00 up", "link 00:1A:CC:DE:AF up"],
    ["glued values", "nodes:node-[40-63] child", "nodes:node-4063 child"],
    ["lists without blanks", "acls changed to ann,bob now", "acls changed to cid,dora,eve now"],
    ["values behind a name", "[station: x][stationName: ann]", "[station: x][stationName: bob]"],
    ["quoted values of several parts", `pull image "ann:latest"`, `pull image "bob:next"`],
    [
      "quoted values before a colon",
      `cannot pull "ann:7": no such image`,
      `cannot pull "bob": no such image`,
    ],
    ["what is true in the dump of a state", "a=1 b=2 c=3 ready=true", "a=1 b=2 c=3 ready=false"],
    ["no value", "owner null left", "owner 17 left"],
  ] as const)("for lines that differ in %s", ([, one, other]) => {
    const lines = new LineMiner();
    expect(new Set(lines.assign([one, other])).size).toBe(1);
  });

  test("for lines that differ in one word, once it has been too many words for a fixed set", () => {
    const lines = new LineMiner();
    const few = lines.assign(NAMES.slice(0, 3).map((name) => `cannot find template ${name} in store`));
    expect(new Set(few).size).toBe(3);
    const many = lines.assign(NAMES.map((name) => `cannot find template ${name} in store`));
    expect(new Set(many).size).toBe(1);
    expect(lines.text(many[0] ?? "")).toBe("cannot find template <*> in store");
  });
});

describe("two templates", () => {
  test.for([
    ["names of states", "Transitioned from NEW to DONE", "Transitioned from NEW to INITED"],
    ["keys", "env:java.class.path=/a", "env:java.library.path=/a"],
    [
      "one word more that says something",
      "Failed password for ann from 1.2.3.4",
      "Failed password for invalid user ann from 1.2.3.4",
    ],
    ["a key more", "auth failed; rhost=1.2.3.4", "auth failed; rhost=1.2.3.4 user=ann"],
    ["quoted keys", `got {"ann": 1, "b": 2} back`, `got {"ann": 1, "c": 2} back`],
    ["the thrown type", "failed: java.io.IOException: 3", "failed: java.net.SocketException: 3"],
    ["what is true alone", "login success=true", "login success=false"],
    ["names and nothing else", "a.b.c", "d.e.f"],
  ] as const)("for lines that differ in %s", ([, one, other]) => {
    const lines = new LineMiner();
    expect(new Set(lines.assign([one, other])).size).toBe(2);
  });
});

describe("opposites never meet", () => {
  const OPPOSITES = [
    "started stopped",
    "enabled disabled",
    "succeeded failed",
    "GET POST",
    "accepted rejected",
    "opened closed",
    "connected disconnected",
    "up down",
    "locked unlocked",
    "mounted unmounted",
    "created deleted",
    "added removed",
    "granted denied",
    "paused resumed",
    "valid invalid",
    "available unavailable",
    "acquired released",
    "online offline",
    "success failure",
    "healthy unhealthy",
    "allowed forbidden",
    "activated deactivated",
    "increased decreased",
  ].map((pair) => pair.split(" "));
  const PLACES = [
    "service X is Y now",
    "Y",
    "VM Y (event)",
    "state=Y",
    "job 'Y' at 12",
    "result: Y",
    "[Y] it was so",
  ];

  test.for(OPPOSITES)("%s and %s", (pair) => {
    for (const place of PLACES) {
      const lines = new LineMiner();
      const filler = NAMES.flatMap((name) => place.replace("Y", name));
      const [one, other] = lines.assign([...pair.map((word) => place.replace("Y", word)), ...filler]);
      expect({ place, id: one }).not.toEqual({ place, id: other });
    }
  });
});

const WORDS = fc.constantFrom(
  ...NAMES,
  "cart",
  "order",
  "is",
  "for",
  "user",
  "started",
  "GET",
  "POST",
  "a.b.c",
  "x=y",
);
const LINES = fc
  .array(
    fc.tuple(
      fc.constantFrom("cannot find", "lookup of", "order for"),
      WORDS,
      fc.constantFrom("in store", "from 10.0.0.1", ""),
      fc.nat(99),
    ),
    { maxLength: 120 },
  )
  .map((parts) => parts.map(([head, word, tail, n]) => `${head} ${word} ${tail} ${n}`));

/** Each line's final template, as `workers` threads with shape tables of their own and one miner would find it. */
function mineSplit(lines: readonly string[], split: readonly number[], workers: number): Map<string, number> {
  const miner = new TemplateMiner();
  const counts = new Map<string, number>();
  const tables = Array.from({ length: workers }, () => new Map<string, string>());
  const found: string[] = [];
  for (let turn = 0; turn < workers; turn++) {
    for (const [index, line] of lines.entries()) {
      if ((split[index] ?? 0) % workers !== turn) continue;
      const key = keyOf(line);
      const id = tables[turn]?.get(key) ?? miner.learn(shapeOf(line), 0).id;
      tables[turn]?.set(key, id);
      found.push(id);
    }
  }
  for (const id of found) {
    const now = miner.resolve(id) ?? "";
    counts.set(now, (counts.get(now) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

test("any split of a stream over any number of workers gives the same ids and counts", () => {
  fc.assert(
    fc.property(
      LINES,
      fc.array(fc.nat(7), { minLength: 120, maxLength: 120 }),
      fc.integer({ min: 2, max: 8 }),
      (lines, split, workers) => {
        expect(mineSplit(lines, split, workers)).toEqual(mineSplit(lines, [], 1));
      },
    ),
  );
});

test("the same order gives the same answers", () => {
  fc.assert(
    fc.property(LINES, (lines) => {
      const [one, other] = [new LineMiner(), new LineMiner()];
      expect(lines.map((line) => one.learn(line))).toEqual(lines.map((line) => other.learn(line)));
      expect([...one.miner.templates()]).toEqual([...other.miner.templates()]);
    }),
  );
});

describe("ids", () => {
  test("are the same in another process, for other numbers, and after a restart", () => {
    const first = new LineMiner().learn("order 17 placed by 10.0.0.1").id;
    expect(first).toMatchInlineSnapshot(`"7d09e898d6ee"`);
    const second = new LineMiner();
    second.learn("something else");
    expect(second.learn("order 99 placed by fe80::1").id).toBe(first);
  });

  test("of a template that became more general stay known, and what it has seen is not new", () => {
    const lines = new LineMiner();
    const early = NAMES.slice(0, 3).map((name) => lines.learn(`cannot find template ${name} in store`));
    expect(early.map(({ isNew }) => isNew)).toEqual([true, true, true]);
    const [last] = lines.assign(NAMES.map((name) => `cannot find template ${name} in store`)).slice(-1);
    for (const { id } of early) expect(lines.miner.resolve(id)).toBe(last);
    expect(lines.miner.template(last ?? "")?.aliases).toEqual(
      expect.arrayContaining(early.map(({ id }) => id)),
    );
    expect(lines.learn("cannot find template zoe in store")).toEqual({ id: last, isNew: false });
    expect(lines.learn("cannot find template ann in store")).toEqual({ id: last, isNew: false });
  });

  test("that were never given resolve to nothing", () => {
    expect(new TemplateMiner().resolve("000000000000")).toBeNull();
    expect(new TemplateMiner().template("x")).toBeNull();
  });
});

describe("snapshots", () => {
  const after = (miner: TemplateMiner): unknown =>
    [...NAMES, "zoe", "yan"].map((name) => miner.learn(shapeOf(`lookup of ${name} in store 1`), 5));

  test("restored, it goes on as it would have", () => {
    fc.assert(
      fc.property(LINES, fc.integer({ min: 10, max: 200 }), (lines, maxTemplates) => {
        const one = new LineMiner({ maxTemplates });
        for (const line of lines) one.learn(line, 1);
        const stored = JSON.parse(JSON.stringify(one.miner.takeChanges())) as ReturnType<
          TemplateMiner["takeChanges"]
        >;
        const other = new TemplateMiner({ maxTemplates });
        other.restore(stored);
        expect(byId(other)).toEqual(byId(one.miner));
        expect(other.takeChanges().templates).toEqual([]);
        expect(after(other)).toEqual(after(one.miner));
      }),
    );
  });

  test("increments put together are the whole", () => {
    fc.assert(
      fc.property(LINES, LINES, (first, second) => {
        const lines = new LineMiner({ maxTemplates: 40 });
        for (const line of first) lines.learn(line);
        const rows = new Map(lines.miner.takeChanges().templates.map((row) => [row.id, row]));
        for (const line of second) lines.learn(line);
        const changes = lines.miner.takeChanges();
        for (const id of changes.removed) rows.delete(id);
        for (const row of changes.templates) rows.set(row.id, row);
        const restored = new TemplateMiner();
        restored.restore({ version: 1, templates: [...rows.values()], removed: [], seen: [] });
        expect(byId(restored)).toEqual(byId(lines.miner));
      }),
    );
  });

  test("hold what changed and nothing else", () => {
    const lines = new LineMiner();
    for (const name of NAMES) lines.learn(`template of ${name} number one`);
    expect(lines.miner.takeChanges().templates.length).toBeGreaterThan(1);
    lines.learn("one more here");
    lines.learn("template of ann number one");
    expect(lines.miner.takeChanges().templates.map(({ words }) => words)).toEqual(["one more here"]);
    expect(lines.miner.takeChanges().templates).toEqual([]);
  });

  function byId(miner: TemplateMiner): unknown {
    return new Map(
      [...miner.templates()].map((template) => [
        template.id,
        { ...template, aliases: template.aliases.toSorted() },
      ]),
    );
  }
});

describe("bounds", () => {
  test("the least valuable go first and are counted; what comes back is not new", () => {
    const lines = new LineMiner({ maxTemplates: 64 });
    const kept = lines.learn("payment worker is ready", 0).id;
    lines.miner.observe(kept, 1_000_000, 0);
    for (let n = 0; n < 500; n++) lines.learn(`${word(n)} ${word(n * 7 + 1)} ${word(n * 13 + 2)}`, n);
    expect(lines.miner.size).toBeLessThanOrEqual(64);
    expect(lines.miner.evicted).toBeGreaterThan(300);
    expect(lines.miner.resolve(kept)).toBe(kept);
    const back = lines.learn(`${word(0)} ${word(1)} ${word(2)}`, 501);
    expect(back.isNew).toBe(false);
    expect(lines.learn("never said before today", 502).isNew).toBe(true);
  });

  test.for([
    ["distinct words", (n: number) => `${word(n)} ${word(n * 31)} ${word(n * 17)} ${word(n ^ 0x5555)}`],
    ["huge", (n: number) => `${word(n)} `.repeat(500)],
    [
      "binary",
      (n: number) => String.fromCharCode(...Array.from({ length: 60 }, (_, i) => (n * 31 + i * i * 7) % 256)),
    ],
    ["nested", (n: number) => `${'{"a":['.repeat(200)}${word(n)}`],
    [
      "a word in every place",
      (n: number) => NAMES.map((name, i) => (i === n % 16 ? word(n) : name)).join(" "),
    ],
  ] as const)("hostile lines, %s, keep the number of templates and of stored bytes flat", ([, line]) => {
    const lines = new LineMiner({ maxTemplates: 200, maxSeenBytes: 1 << 16 });
    for (let n = 0; n < 5000; n++) lines.learn(line(n), n);
    expect(lines.miner.size).toBeLessThanOrEqual(200);
    expect(JSON.stringify(lines.miner.takeChanges()).length).toBeLessThan(1_500_000);
  });

  /** A word of letters that stands for a number. */
  function word(n: number): string {
    const digits = Math.abs(Math.imul(n + 1, 0x9e3779b1)).toString(26);
    return `q${digits.replace(/\d/g, (digit) => "qrstuvwxyz"[Number(digit)] ?? "")}`;
  }
});
