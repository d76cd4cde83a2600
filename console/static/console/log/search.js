// Search over the whole log: the browser's own finds only what is drawn, so the server looks, or we do.
import { plain } from "./ansi.js";

const PAUSE = 250;

export class Search {
  /** `found(words, numbers)` hears what to mark; `show(number)` goes there. */
  constructor(root, { found, show, errors, lines }) {
    this.address = root.dataset.search;
    this.form = root.querySelector(".log-search");
    this.input = this.form.querySelector("input");
    this.output = this.form.querySelector("output");
    this.on = { found, show, errors };
    this.lines = lines;
    this.hits = [];
    this.at = -1;
    this.input.addEventListener("input", () => this.soon());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.step(1);
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.clear();
      if (event.key === "Enter" && event.shiftKey) this.step(-1), event.preventDefault();
    });
  }

  /** To the next (1) or previous (-1) hit, or error if nothing is searched for. */
  step(by) {
    const among = this.input.value ? this.hits : this.on.errors();
    if (!among.length) return;
    const from = this.at < 0 && by < 0 ? 0 : this.at;
    this.at = (from + by + among.length) % among.length;
    this.tell(among);
    this.on.show(among[this.at]);
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), PAUSE);
  }

  async look() {
    const words = this.input.value;
    this.at = -1;
    if (!words) return this.clear();
    const { count, lines } = this.address ? await this.ask(words) : this.here(words.toLowerCase());
    if (words !== this.input.value) return;
    this.count = count;
    this.hits = lines;
    this.on.found(words.toLowerCase(), lines);
    this.tell(lines);
  }

  async ask(words) {
    const response = await fetch(`${this.address}?${new URLSearchParams({ q: words })}`);
    return response.ok && !response.redirected ? response.json() : { count: 0, lines: [] };
  }

  /** Where all lines are here, no server is needed. */
  here(words) {
    const lines = [];
    for (let number = 1; number <= this.lines.total; number += 1) {
      if (plain(this.lines.get(number)[2]).toLowerCase().includes(words)) lines.push(number);
    }
    return { count: lines.length, lines };
  }

  clear() {
    this.input.value = "";
    this.hits = [];
    this.at = -1;
    this.output.textContent = "";
    this.on.found("", []);
  }

  tell(among) {
    const all = this.input.value ? this.count : among.length;
    this.output.textContent = this.at < 0 ? `${all}` : `${this.at + 1}/${all}`;
  }
}
