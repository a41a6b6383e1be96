import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { BaselineRow, StateStore } from "../../src/store/state-store.ts";
import type { WindowDelta } from "../../src/window/delta.ts";
import { HOSTILE_TEXT, HOSTILE_TEXT_STORED, NOW_MS, sampleDelta } from "./store-samples.ts";

export const CONTRACT_TTL_MS = 86_400_000;
const NEVER = 0;

const row = (key: string, changes: Partial<BaselineRow> = {}): BaselineRow => ({
  key,
  state: { v: 1, mean: 0.1 + 0.2, seen: [1, null, "x"] },
  updatedAtMs: NOW_MS,
  ...changes,
});

const byKey = (rows: readonly BaselineRow[]): readonly BaselineRow[] =>
  rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
const versions = (deltas: readonly WindowDelta[]): readonly string[] =>
  deltas.map((delta) => `${delta.replica}@${delta.paneStartMs - NOW_MS}=${delta.version}`).toSorted();

/** What every state store promises. `open` gives an empty one whose baselines live for `CONTRACT_TTL_MS`. */
export function stateStoreContract(name: string, open: () => Promise<StateStore>): void {
  describe(`state store: ${name}`, () => {
    let state: StateStore;
    beforeEach(async () => {
      state = await open();
    });

    test("an empty store has no baselines and no deltas", async () => {
      expect(await state.loadBaselines(NOW_MS)).toEqual([]);
      expect(await state.loadDeltas(NEVER)).toEqual([]);
      await state.saveBaselines([]);
      await state.saveDeltas([], NOW_MS);
    });

    test("baselines come back as they were saved, the latest of each key", async () => {
      await state.saveBaselines([row("a"), row("b", { state: "old" })]);
      await state.saveBaselines([row("b", { state: { new: true }, updatedAtMs: NOW_MS + 0.5 })]);
      expect(byKey(await state.loadBaselines(NOW_MS))).toEqual([
        row("a"),
        row("b", { state: { new: true }, updatedAtMs: NOW_MS + 0.5 }),
      ]);
    });

    test("of one key twice in one save the last counts", async () => {
      await state.saveBaselines([row("a", { state: 1 }), row("a", { state: 2 })]);
      expect(await state.loadBaselines(NOW_MS)).toEqual([row("a", { state: 2 })]);
    });

    test("a baseline older than the time to live is not loaded, one just as old is", async () => {
      await state.saveBaselines([
        row("old", { updatedAtMs: NOW_MS - CONTRACT_TTL_MS - 1 }),
        row("just", { updatedAtMs: NOW_MS - CONTRACT_TTL_MS }),
      ]);
      expect((await state.loadBaselines(NOW_MS)).map((found) => found.key)).toEqual(["just"]);
    });

    test("more baselines than fit one statement are saved and loaded", async () => {
      const rows = Array.from({ length: 1_201 }, (_, index) => row(`key ${index}`));
      await state.saveBaselines(rows);
      expect(await state.loadBaselines(NOW_MS)).toHaveLength(rows.length);
    });

    test("text that Postgres cannot hold is saved with the replacement character, keys included", async () => {
      await state.saveBaselines([row("a", { state: { [HOSTILE_TEXT]: HOSTILE_TEXT } })]);
      expect(await state.loadBaselines(NOW_MS)).toEqual([
        row("a", { state: { [HOSTILE_TEXT_STORED]: HOSTILE_TEXT_STORED } }),
      ]);
    });

    test("a delta comes back as it was saved", async () => {
      await state.saveDeltas([sampleDelta()], NEVER);
      expect(await state.loadDeltas(NOW_MS)).toEqual([sampleDelta()]);
    });

    test("deltas are loaded from the pane asked for on", async () => {
      const panes = [0, 10_000, 20_000].map((offset) => sampleDelta({ paneStartMs: NOW_MS + offset }));
      await state.saveDeltas(panes, NEVER);
      expect(versions(await state.loadDeltas(NOW_MS + 10_000))).toEqual(["a@10000=1", "a@20000=1"]);
    });

    test("replicas and epochs count apart", async () => {
      const deltas = [
        sampleDelta(),
        sampleDelta({ replica: "b" }),
        sampleDelta({ epoch: NOW_MS - 500, late: 4 }),
      ];
      await state.saveDeltas(deltas, NEVER);
      expect(await state.loadDeltas(NEVER)).toHaveLength(3);
    });

    test("panes before the limit are forgotten, and not taken in again", async () => {
      await state.saveDeltas([sampleDelta(), sampleDelta({ paneStartMs: NOW_MS + 10_000 })], NEVER);
      await state.saveDeltas([sampleDelta({ version: 9 })], NOW_MS + 10_000);
      expect(versions(await state.loadDeltas(NEVER))).toEqual(["a@10000=1"]);
    });

    test("in whatever order and grouping deltas come, the highest version of each is kept", async () => {
      const delta = fc.record({
        replica: fc.constantFrom("a", "b"),
        pane: fc.constantFrom(0, 10_000),
        version: fc.integer({ min: 1, max: 4 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(delta, { maxLength: 4 }), { maxLength: 4 }), async (saves) => {
          const store = await open();
          const newest = new Map<string, number>();
          for (const save of saves) {
            for (const { replica, pane, version } of save) {
              const key = `${replica}@${pane}`;
              newest.set(key, Math.max(newest.get(key) ?? 0, version));
            }
            await store.saveDeltas(
              save.map(({ replica, pane, version }) =>
                sampleDelta({ replica, paneStartMs: NOW_MS + pane, version, late: version }),
              ),
              NEVER,
            );
          }
          const expected = [...newest].map(([key, version]) => `${key}=${version}`).toSorted();
          const loaded = await store.loadDeltas(NEVER);
          expect(versions(loaded)).toEqual(expected);
          for (const found of loaded) expect(found.late).toBe(found.version);
        }),
        { numRuns: 20 },
      );
    });
  });
}
