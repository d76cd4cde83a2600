// Lines of instances: what is kept comes at once, what follows over a websocket. They stand in the order of their numbers;
// a choice of instances leaves lines out, so here a line's place is not its number.
import { Socket } from "../socket.js";

const POLL = 2_000;
const TRIES_BEFORE_POLLING = 3;
const NUMBER = 5;

export class Output {
  constructor(root, lines, { grown }) {
    this.address = root.dataset.lines;
    this.only = root.dataset.only;
    this.lines = lines;
    this.on = { grown };
    this.all = [];
    this.socket = new Socket(root.dataset.socket, {
      opened: () => this.listen(),
      message: (message) => this.receive(message),
      lost: (tries) => tries >= TRIES_BEFORE_POLLING && this.poll(),
    });
  }

  async start() {
    await this.fetch();
    this.socket.open();
  }

  /** Every line that is missing is fetched anyway. */
  want() {}

  /** Show the lines of one process type or instance only; all for nothing. */
  choose(only) {
    this.only = only;
    this.lines.clear();
    this.show(this.all);
  }

  get last() {
    return this.all.at(-1)?.[NUMBER] ?? 0;
  }

  listen() {
    clearInterval(this.polling);
    this.polling = undefined;
    this.socket.send({ since: this.last });
  }

  async receive(message) {
    if (message.t === "lines") {
      this.take(message.l);
      this.socket.answer();
    } else if (message.t === "behind") {
      await this.fetch();
      this.socket.send({ since: this.last });
    }
  }

  async fetch() {
    const response = await fetch(`${this.address}&since=${this.last}`, { headers: { Accept: "application/json" } });
    if (response.redirected || !response.ok) throw new Error(`The log answered ${response.status}`);
    this.take((await response.json()).lines);
  }

  take(rows) {
    const fresh = rows.filter((row) => row[NUMBER] > this.last);
    this.all.push(...fresh);
    this.show(fresh);
  }

  show(rows) {
    const chosen = this.only ? rows.filter((row) => row[3] === this.only || row[3].startsWith(`${this.only}.`)) : rows;
    const from = this.lines.total + 1;
    const fresh = this.lines.put(from, chosen);
    if (fresh) this.on.grown(from, fresh);
  }

  poll() {
    this.polling ??= setInterval(() => this.fetch().catch(() => {}), POLL);
  }
}
