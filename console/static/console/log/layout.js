// Where each run and line of a log stands, in pixels. Lines have a fixed height, or whole multiples of it when wrapped.
import { columns } from "./lines.js";

export const LINE = 20;
export const HEAD = 28;

export class Layout {
  constructor(lines) {
    this.lines = lines;
    this.folded = new Set(); // steps
    this.columns = 0; // of the pane when lines wrap; 0 when they do not
    this.rows = [0]; // number → rows of all lines up to it, when they wrap
    this.places = [];
    this.height = 0;
  }

  /** Wrap at so many columns, or not at all (0). */
  wrap(columnsOfPane) {
    if (columnsOfPane === this.columns) return;
    this.columns = columnsOfPane;
    this.rows = [0];
  }

  /** Lines before this number came in: what was counted behind them is void. */
  forget(number) {
    this.rows.length = Math.min(this.rows.length, Math.max(1, number));
  }

  /** Work out all places; cheap, since there are few runs. */
  update() {
    let top = 0;
    this.places = this.lines.runs.map((run) => {
      const head = run.step ? HEAD : 0;
      const open = !this.folded.has(run.step) || !head;
      const height = head + (open ? (this.rowsUpTo(run.last) - this.rowsUpTo(run.first - 1)) * LINE : 0);
      const place = { run, top, head, open, height };
      top += height;
      return place;
    });
    this.height = top;
  }

  /** The place of the run at this height. */
  placeAt(y) {
    let low = 0;
    let high = this.places.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.places[middle].top <= y) low = middle;
      else high = middle - 1;
    }
    return this.places[low];
  }

  /** The number of the line at this height of an open run. */
  lineAt(place, y) {
    const { first, last } = place.run;
    const row = Math.max(0, Math.floor((y - place.top - place.head) / LINE)) + this.rowsUpTo(first - 1);
    if (!this.columns) return Math.min(last, row + 1);
    let low = first;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rowsUpTo(middle) > row) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Where a line begins; of a folded run, where its head does. */
  topOf(number) {
    const place = this.places.find(({ run }) => run.first <= number && number <= run.last);
    if (!place) return 0;
    if (!place.open) return place.top;
    return place.top + place.head + (this.rowsUpTo(number - 1) - this.rowsUpTo(place.run.first - 1)) * LINE;
  }

  rowsUpTo(number) {
    if (!this.columns) return number;
    while (this.rows.length <= number) {
      const record = this.lines.get(this.rows.length);
      const wide = record ? (record.columns ??= columns(record[2])) : 0;
      this.rows.push(this.rows.at(-1) + Math.max(1, Math.ceil(wide / this.columns)));
    }
    return this.rows[number];
  }
}
