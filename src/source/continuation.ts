/** What a line of a stack trace begins with, where it is not indented: Java, .NET, Python, Go, Ruby, Node. */
const TRACE_LINE =
  /^(?:at \S+[( ]|Caused by: |Suppressed: |\.\.\. \d+ (?:more|common frames)|Traceback \(most recent call last\):|During handling of the above exception|The above exception was the direct cause|--- End of |goroutine \d+ \[|created by \S+ in |[\]})]+[,;]?\s*$)/;
/** What the forms above begin with; most lines are told by it. */
const FIRST_CHARS = new Set("aCS.TD-gc]})".split("").map((char) => char.charCodeAt(0)));
const MAX_LOOK = 64;

const OPENS_TRACEBACK = "Traceback (most recent call last):";

/** Does the line go on with the record before it: indented, or a line of a stack trace? */
export function isContinuation(line: string): boolean {
  const code = line.charCodeAt(0);
  if (code === 0x20 || code === 0x09) return true;
  if (!FIRST_CHARS.has(code)) return false;
  return TRACE_LINE.test(line.length > MAX_LOOK ? line.slice(0, MAX_LOOK) : line);
}

/** Python writes the exception itself last, and not indented. */
export function opensTraceback(line: string): boolean {
  return line.startsWith(OPENS_TRACEBACK);
}
