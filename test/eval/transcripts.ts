import { replayTranscripts } from "./live-run.ts";
import { liveTable } from "./live-score.ts";
import type { Scenario } from "./scenarios.ts";
import type { EvalTable } from "./table.ts";

/** Where live answers are kept; another place with TOCSIN_EVAL_TRANSCRIPTS. */
export function transcriptsFolder(): string {
  return process.env["TOCSIN_EVAL_TRANSCRIPTS"] ?? "data/eval-transcripts";
}

/** Live answers of earlier, judged again; an empty table says that there are none. */
export async function transcriptTable(all: readonly Scenario[]): Promise<EvalTable> {
  const replayed = await replayTranscripts(all, transcriptsFolder());
  const title = "Claude, from recorded answers";
  if (replayed === null) {
    const note = `SKIPPED: none in ${transcriptsFolder()}; npm run eval:live records them.`;
    return { title, figures: [], notes: [note], cases: [] };
  }
  const note = `${replayed.stale} of ${replayed.cases.length} answer an older request than today's would be.`;
  return liveTable(title, replayed.cases, [note]);
}
