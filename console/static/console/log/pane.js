// The scrolling pane: of 100,000 lines only those in sight are elements.
import { drawHead, drawLine } from "./draw.js";
import { HEAD, LINE, Layout } from "./layout.js";

const BEYOND = 400; // pixels drawn above and below what is seen
const AT_END = 10;

export class Pane {
  /** `steps(position)` gives a step's name, tone and state; `seen(run)` hears which run is on top. */
  constructor(root, lines, { steps, seen, followed, missing }) {
    this.root = root;
    this.lines = lines;
    this.layout = new Layout(lines);
    this.on = { steps, seen, followed, missing };
    this.element = root.querySelector(".log-pane");
    this.space = root.querySelector(".log-space");
    this.window = root.querySelector(".log-window");
    this.look = { times: false, wrap: false, follow: false, wanted: "", hits: new Set(), chosen: null };
    this.lastTop = 0;
    this.measure();
    this.element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.refresh()).observe(this.element);
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
  }

  /** Something changed: draw in the next frame, if anybody looks. */
  refresh() {
    if (this.asked || document.hidden) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.draw();
    });
  }

  /** Change how it looks; the line on top stays on top. */
  set(changes) {
    const top = this.topLine();
    Object.assign(this.look, changes);
    this.root.classList.toggle("log-wrap", this.look.wrap);
    if (top && !this.look.follow) this.keep = top;
    this.refresh();
  }

  /** Lines came in: at the end, or (from that number on) in between. */
  grown(from) {
    if (from <= this.layout.rows.length) {
      if (!this.look.follow) this.keep ??= this.topLine();
      this.layout.forget(from);
    }
    this.refresh();
  }

  fold(step, folded) {
    if (folded) this.layout.folded.add(step);
    else this.layout.folded.delete(step);
    this.refresh();
  }

  /** Scroll so that a line is in sight, a third down; its run opens. */
  show(number) {
    const run = this.lines.runOf(number);
    if (run) this.layout.folded.delete(run.step);
    this.update();
    this.unfollow();
    this.element.scrollTop = this.layout.topOf(number) - this.element.clientHeight / 3;
    this.refresh();
  }

  /** Scroll to the head of a step's first run; say whether it has one. */
  showStep(step) {
    const run = this.lines.runs.find((each) => each.step === step);
    if (!run) return false;
    this.layout.folded.delete(step);
    this.update();
    this.unfollow();
    this.element.scrollTop = this.layout.places.find((place) => place.run === run).top;
    this.refresh();
    return true;
  }

  toStart() {
    this.unfollow();
    this.element.scrollTop = 0;
  }

  toEnd() {
    this.follow(true);
    this.refresh();
  }

  follow(on) {
    if (this.look.follow === on) return;
    this.look.follow = on;
    this.on.followed(on);
    this.refresh();
  }

  unfollow() {
    this.follow(false);
  }

  /** What stands on top: a line, and how far above the edge it begins. */
  topLine() {
    if (!this.layout.places.length) return null;
    const y = this.element.scrollTop;
    const place = this.layout.placeAt(y);
    const number = place.open ? this.layout.lineAt(place, y) : place.run.first;
    return { number, offset: y - this.layout.topOf(number) };
  }

  measure() {
    const probe = document.createElement("span");
    probe.textContent = "0".repeat(100);
    this.window.append(probe);
    this.character = probe.getBoundingClientRect().width / 100 || 7.5;
    probe.remove();
  }

  /** Where texts begin; a guess while none is drawn. */
  textLeft() {
    return this.window.querySelector(".log-text")?.offsetLeft ?? 68;
  }

  update() {
    const gutter = (this.gutter = this.textLeft());
    const room = this.element.clientWidth - gutter - 16;
    this.layout.wrap(this.look.wrap ? Math.max(20, Math.floor(room / this.character)) : 0);
    this.layout.update();
    this.space.style.height = `${this.layout.height}px`;
    const width = this.look.wrap ? 0 : Math.min(this.lines.longest, 8100) * this.character + gutter + 16;
    this.space.style.width = width > this.element.clientWidth ? `${width}px` : "";
    this.element.style.setProperty("--pane", `${this.element.clientWidth}px`);
  }

  draw() {
    this.update();
    this.hold();
    const from = Math.max(0, this.element.scrollTop - BEYOND);
    const to = this.element.scrollTop + this.element.clientHeight + BEYOND;
    const rows = document.createDocumentFragment();
    const top = this.layout.places.length ? this.fill(rows, from, to) : 0;
    this.keepFocus(() => this.window.replaceChildren(rows));
    this.window.style.transform = `translateY(${top}px)`;
    if (this.look.wrap && this.textLeft() !== this.gutter) this.refresh(); // lines were broken by a guess
    this.tellTop();
  }

  /** Stay at the end when following, else keep the line on top where it was. */
  hold() {
    if (this.look.follow) this.element.scrollTop = this.layout.height;
    else if (this.keep) this.element.scrollTop = this.layout.topOf(this.keep.number) + this.keep.offset;
    this.keep = null;
    this.lastTop = this.element.scrollTop;
    this.lastHeight = this.element.scrollHeight;
  }

  fill(rows, from, to) {
    let top = null;
    const first = this.layout.places.indexOf(this.layout.placeAt(from));
    for (const place of this.layout.places.slice(first)) {
      if (place.top > to) break;
      if (place.head && place.top + HEAD >= from) {
        top ??= place.top;
        rows.append(drawHead(place, this.on.steps(place.run.step)));
      }
      if (place.open) top = this.fillRun(rows, place, from, to, top);
    }
    return top ?? 0;
  }

  fillRun(rows, place, from, to, top) {
    let number = this.layout.lineAt(place, from);
    let y = this.layout.topOf(number);
    while (number <= place.run.last && y <= to) {
      top ??= y;
      rows.append(this.line(number));
      y += this.layout.columns ? (this.layout.rowsUpTo(number) - this.layout.rowsUpTo(number - 1)) * LINE : LINE;
      number += 1;
    }
    return top;
  }

  line(number) {
    const { times, wanted, hits, chosen } = this.look;
    const record = this.lines.get(number);
    if (!record) this.on.missing(number);
    const isChosen = chosen !== null && chosen[0] <= number && number <= chosen[1];
    return drawLine(number, record, { times, wanted, chosen: isChosen, hit: hits.has(number) });
  }

  keepFocus(change) {
    const { line, fold } = document.activeElement?.dataset ?? {};
    change();
    const again = line ? `[data-line="${line}"]` : fold ? `[data-fold="${fold}"]` : null;
    if (again && this.window.contains(document.activeElement) === false) this.window.querySelector(again)?.focus({ preventScroll: true });
  }

  scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    const atEnd = scrollTop + clientHeight >= scrollHeight - AT_END;
    const shrunk = scrollHeight < this.lastHeight; // then the browser scrolled, not a person
    if (atEnd && scrollTop > this.lastTop) this.follow(true);
    else if (scrollTop < this.lastTop && !shrunk && !atEnd) this.unfollow();
    this.lastTop = scrollTop;
    this.lastHeight = scrollHeight;
    this.refresh();
  }

  tellTop() {
    if (this.layout.height <= this.element.clientHeight) return this.on.seen({ step: null });
    const y = this.look.follow ? this.layout.height - 1 : this.element.scrollTop + HEAD;
    this.on.seen(this.layout.placeAt(y).run);
  }
}
