import { WordSet } from "./word-hash.ts";

/** Words behind a number that belong to it. */
export const DURATION_UNITS: readonly string[] = [
  ..."ns us µs ms s sec secs second seconds min mins minute minutes h hr hrs hour hours d day days".split(
    " ",
  ),
  ..."nanoseconds microseconds microsecond milliseconds millisecond millis week weeks month months".split(
    " ",
  ),
  ..."year years SECONDS MILLISECONDS MINUTES HOURS DAYS NANOSECONDS MICROSECONDS".split(" "),
];
export const SIZE_UNITS: readonly string[] =
  "B KB kB kb MB mb GB gb TB tb PB K M G T KiB MiB GiB TiB bit bits byte bytes Byte Bytes BYTES kbps Mbps Gbps".split(
    " ",
  );
const CLOCK_WORDS: readonly string[] =
  "AM PM am pm UTC GMT EST EDT CST CDT MST MDT PST PDT CET CEST BST".split(" ");
const OTHER_UNITS: readonly string[] = "Hz kHz MHz GHz percent".split(" ");

export const UNIT_WORDS = new WordSet([...DURATION_UNITS, ...SIZE_UNITS, ...CLOCK_WORDS, ...OTHER_UNITS]);

const DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ");
const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);

/** Names of days and months: part of a date where a number follows. */
export const DATE_WORDS = new WordSet([
  ...new Set(
    [...DAYS, ...MONTHS].flatMap((name) => [name, name.slice(0, 3), name.slice(0, 3).toUpperCase()]),
  ),
]);
