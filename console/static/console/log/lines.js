// What is known of a log: its lines by number, and how they fall into runs of one step. No drawing here.
import { plain } from "./ansi.js";

const ERROR = /^ !     |^\s*(?:error|fatal|panic|traceback)\b|\b(?:error|fatal):/i;
const ESCAPES = "\x1b";

export class Lines {
  constructor() {
    this.clear();
  }

  /** Know nothing. */
  clear() {
    this.records = []; // number - 1 → [milliseconds, step, text], or nothing yet
    this.runs = []; // {step, first, last}; step null: not here yet
    this.errors = [];
    this.longest = 0;
  }

  /** How many lines there are, as far as is known. */
  get total() {
    return this.records.length;
  }

  /** There are at least this many. */
  reach(total) {
    if (total <= this.total) return;
    this.records.length = total;
    this.rebuild();
  }

  /** Take lines in, the first of which has number `from`; what is known already is left alone. */
  put(from, rows) {
    const appends = from === this.total + 1;
    let fresh = 0;
    rows.forEach((row, offset) => {
      const index = from - 1 + offset;
      if (this.records[index]) return;
      this.records[index] = row;
      this.longest = Math.max(this.longest, row[2].length);
      fresh += 1;
      if (appends) this.extend(index + 1, row);
    });
    if (fresh && !appends) this.rebuild();
    return fresh;
  }

  get(number) {
    return this.records[number - 1];
  }

  /** A range of numbers that is missing, near `wanted` if that is; null if all is here. */
  gap(wanted = 0) {
    const missing = this.runs.filter((run) => run.step === null);
    return missing.find((run) => run.first <= wanted && wanted <= run.last) ?? missing.at(-1) ?? null;
  }

  /** The run that has this line. */
  runOf(number) {
    return this.runs.find((run) => run.first <= number && number <= run.last);
  }

  extend(number, row) {
    const last = this.runs.at(-1);
    if (last && last.step === row[1]) last.last = number;
    else this.runs.push({ step: row[1], first: number, last: number });
    if (isError(row[2])) this.errors.push(number);
  }

  rebuild() {
    this.runs = [];
    this.errors = [];
    for (let number = 1; number <= this.total; number += 1) {
      this.extend(number, this.records[number - 1] ?? [0, null, ""]);
    }
  }
}

/** Whether a line reports an error, as far as one can tell from its text. */
export function isError(text) {
  return ERROR.test(text.includes(ESCAPES) ? plain(text) : text);
}

/** How many columns a line takes on a terminal. */
export function columns(text) {
  const visible = plain(text);
  if (/^[\x20-\x7e]*$/.test(visible)) return visible.length;
  let width = 0;
  for (const char of visible) width += char === "\t" ? 8 - (width % 8) : isWide(char.codePointAt(0)) ? 2 : 1;
  return width;
}

function isWide(code) {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3)
    || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60)
    || (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd);
}
