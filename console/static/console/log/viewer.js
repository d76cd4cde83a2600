// The log on a page: lines, pane, source, search and the buttons above them.
import { isTyping } from "../keys.js";
import { plain } from "./ansi.js";
import { Lines } from "./lines.js";
import { Pane } from "./pane.js";
import { Search } from "./search.js";
import { Source as Deploy } from "./source.js";

const KEYS = { f: "follow", n: "next", p: "previous", g: "start", G: "end", e: "fold" };

export class Viewer {
  /** `steps(position)` describes a step; `seen(position)` hears which one is on top. */
  constructor(root, { steps, seen, Source = Deploy }) {
    this.root = root;
    this.lines = new Lines();
    this.read = 0;
    this.pane = new Pane(root, this.lines, {
      steps,
      seen: (run) => seen(run.step),
      followed: (on) => this.followed(on),
      missing: (number) => this.source.want(number),
    });
    this.source = new Source(root, this.lines, { grown: (from, count) => this.grown(from, count), ended: () => this.ended() });
    this.search = new Search(root, {
      found: (wanted, hits) => this.pane.set({ wanted, hits: new Set(hits) }),
      show: (number) => this.pane.show(number),
      errors: () => this.lines.errors,
      lines: this.lines,
    });
    root.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("keydown", (event) => this.pressed(event));
    addEventListener("hashchange", () => this.toHash());
  }

  /** Fetch and show; at the line the address names, else at the end. */
  async start() {
    if (!location.hash.startsWith("#L")) this.pane.follow(true);
    const filled = this.source.start();
    this.toHash();
    await filled;
    this.toHash();
  }

  /** Show lines of some instances only. */
  showOnly(only) {
    this.root.querySelector(".log-empty").hidden = false;
    this.read = 0;
    this.source.choose(only);
    this.pane.layout.forget(1);
    this.pane.toEnd();
  }

  /** Fold or open steps; what somebody folded or opened by hand stays. */
  foldAll(positions, folded) {
    for (const position of positions) if (!this.touched?.has(position)) this.pane.fold(position, folded);
  }

  /** The deploy failed in this step: offer to jump to its first error. */
  failedIn(step) {
    this.failed = step;
    this.root.querySelector(".log-error").hidden = !this.lines.errors.length;
  }

  firstError() {
    return this.lines.errors.find((number) => this.lines.get(number)[1] === this.failed) ?? this.lines.errors[0];
  }

  grown(from, count) {
    this.root.querySelector(".log-empty").hidden = true;
    if (this.failed) this.failedIn(this.failed);
    this.pane.grown(from);
    if (this.lines.get(this.chosen?.[0])) this.toHash();
    if (from + count > this.lines.total) this.pill();
  }

  ended() {
    this.root.dataset.sealed = "true";
    this.pill();
  }

  followed(on) {
    this.press("follow", on);
    this.read = this.lines.total;
    this.pill();
  }

  /** "37 new lines" while somebody reads further up. */
  pill() {
    const fresh = this.lines.total - this.read;
    const pill = this.root.querySelector(".log-pill");
    pill.hidden = this.pane.look.follow || fresh <= 0;
    if (!pill.hidden) pill.textContent = pill.dataset[fresh === 1 ? "one" : "many"].replace("%n", fresh.toLocaleString());
  }

  clicked(event) {
    const number = event.target.closest("[data-line]");
    const fold = event.target.closest("[data-fold]");
    const button = event.target.closest("[data-do]");
    if (number) this.choose(event, Number(number.dataset.line));
    else if (fold) this.toggleFold(Number(fold.dataset.fold));
    else if (button) this.do(button.dataset.do);
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (KEYS[event.key]) this.do(KEYS[event.key]), event.preventDefault();
  }

  do(what) {
    const { look } = this.pane;
    if (what === "follow") look.follow ? this.pane.unfollow() : this.pane.toEnd();
    else if (what === "end") this.pane.toEnd();
    else if (what === "start") this.pane.toStart();
    else if (what === "next") this.search.step(1);
    else if (what === "previous") this.search.step(-1);
    else if (what === "error") this.pane.show(this.firstError());
    else if (what === "fold") this.toggleAll();
    else if (what === "copy") this.copy();
    else this.turn(what, !look[what]);
  }

  /** Show or leave out the times, wrap or do not wrap, as the button of this name does. */
  turn(what, on) {
    this.press(what, on);
    this.pane.set({ [what]: on });
  }

  press(what, on) {
    this.root.querySelector(`.log-bar [data-do="${what}"]`)?.setAttribute("aria-pressed", String(on));
  }

  toggleFold(step) {
    (this.touched ??= new Set()).add(step);
    this.pane.fold(step, !this.pane.layout.folded.has(step));
  }

  toggleAll() {
    const steps = this.lines.runs.map((run) => run.step).filter(Boolean);
    const open = this.pane.layout.folded.size > 0;
    for (const step of steps) this.pane.fold(step, !open);
  }

  choose(event, number) {
    event.preventDefault();
    const start = event.shiftKey && this.chosen ? this.chosen[0] : number;
    const [first, last] = [Math.min(start, number), Math.max(start, number)];
    history.replaceState(null, "", first === last ? `#L${first}` : `#L${first}-L${last}`);
    this.chosen = [first, last];
    this.pane.set({ chosen: this.chosen });
  }

  /** Go to what the address names, once it is here. */
  toHash() {
    const match = /^#L(\d+)(?:-L(\d+))?$/.exec(location.hash);
    if (!match) return;
    const first = Number(match[1]);
    this.chosen = [first, Number(match[2] ?? match[1])];
    this.source.want(first);
    this.pane.look.chosen = this.chosen;
    if (!this.lines.get(first) || this.arrived === location.hash) return;
    this.arrived = location.hash;
    this.pane.show(first);
  }

  async copy() {
    const [first, last] = this.chosen ?? [1, this.lines.total];
    const texts = [];
    for (let number = first; number <= last; number += 1) texts.push(plain(this.lines.get(number)?.[2] ?? ""));
    await navigator.clipboard.writeText(`${texts.join("\n")}\n`);
    this.press("copy", true);
    setTimeout(() => this.press("copy", false), 1000);
  }
}
