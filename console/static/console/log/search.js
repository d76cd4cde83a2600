// Search over the whole log: the server looks, because most lines are no elements here.

const PAUSE = 250;

export class Search {
  /** `found(words, numbers)` hears what to mark; `show(number)` goes there. */
  constructor(root, { found, show, errors }) {
    this.address = root.dataset.search;
    this.form = root.querySelector(".log-search");
    this.input = this.form.querySelector("input");
    this.output = this.form.querySelector("output");
    this.on = { found, show, errors };
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
    this.at = (this.at + by + among.length) % among.length;
    if (by < 0 && this.at === among.length - 2 && this.fresh) this.at = among.length - 1;
    this.fresh = false;
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
    this.fresh = true;
    if (!words) return this.clear();
    const response = await fetch(`${this.address}?${new URLSearchParams({ q: words })}`);
    if (!response.ok || response.redirected || words !== this.input.value) return;
    const { count, lines } = await response.json();
    this.count = count;
    this.hits = lines;
    this.on.found(words.toLowerCase(), lines);
    this.tell(lines);
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
