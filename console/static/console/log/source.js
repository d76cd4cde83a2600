// Where lines come from: the latest over HTTP, older ones in pages behind them, new ones over a websocket, or by
// asking every 2 s while that does not work. Lines have numbers, so none is lost or shown twice, whatever comes when.
import { tell } from "../news.js";
import { Socket } from "../socket.js";

const TAIL = 1_000;
const PAGE = 5_000;
const POLL = 2_000;
const TRIES_BEFORE_POLLING = 3;

export class Source {
  /** `grown(from, count)` hears of each batch that was put into `lines`. */
  constructor(root, lines, { grown, ended }) {
    this.address = root.dataset.lines;
    this.lines = lines;
    this.on = { grown, ended };
    this.wanted = 0;
    this.sealed = false;
    this.socket = new Socket(root.dataset.socket, {
      opened: () => this.greet(),
      message: (message) => this.receive(message),
      lost: (tries) => tries >= TRIES_BEFORE_POLLING && this.poll(),
    });
  }

  /** Show the end first, then fetch the rest and listen. */
  async start() {
    await insist(() => this.fetch({ limit: TAIL }));
    if (!this.sealed) this.socket.open();
    await insist(() => this.fillGaps());
  }

  /** A line that is not here is in sight: fetch around it first. */
  want(number) {
    this.wanted = number;
  }

  async fillGaps() {
    for (let gap = this.lines.gap(this.wanted); gap; gap = this.lines.gap(this.wanted)) {
      const inside = gap.first <= this.wanted && this.wanted <= gap.last;
      const last = inside ? Math.min(gap.last, this.wanted + PAGE / 2) : gap.last;
      const since = Math.max(gap.first - 1, last - PAGE);
      await this.fetch({ since, limit: last - since });
    }
  }

  async fetch(parameters) {
    const response = await fetch(`${this.address}?${new URLSearchParams(parameters)}`, { headers: { Accept: "application/json" } });
    if (response.redirected) location.reload(); // signed out
    if (response.redirected || !response.ok) throw new Error(`The log answered ${response.status}`);
    const page = await response.json();
    this.lines.reach(page.from - 1);
    this.take(page.from, page.lines);
    this.sealed = page.sealed && this.lines.total >= page.last;
    if (page.state !== this.state) this.news(page.state);
    return page;
  }

  take(from, rows) {
    const fresh = this.lines.put(from, rows);
    if (fresh) this.on.grown(from, fresh);
  }

  /** What ended between the drawing of the page and the first answer rang for nobody, and nothing more will come. */
  news(state) {
    if (this.state !== undefined || this.sealed) tell();
    this.state = state;
  }

  greet() {
    clearInterval(this.polling);
    this.polling = undefined;
    this.socket.send({ since: this.lines.total });
  }

  receive(message) {
    if (message.t === "lines") {
      this.lines.reach(message.from - 1);
      this.take(message.from, message.l);
      this.socket.answer();
    } else if (message.t === "state") this.tellWithin(message.within);
    else if (message.t === "behind") this.catchUp();
    else if (message.t === "eof") this.end(message.within);
  }

  /** Too far behind for the socket: page by HTTP, then go on listening. */
  async catchUp() {
    await insist(async () => {
      let page;
      do page = await this.fetch({ since: this.lines.total, limit: PAGE });
      while (this.lines.total < page.last);
    });
    this.socket.send({ since: this.lines.total });
  }

  poll() {
    this.polling ??= setInterval(async () => {
      await this.fetch({ since: this.lines.total, limit: PAGE }).catch(() => {});
      if (this.sealed) this.end();
    }, POLL);
  }

  end(within = 0) {
    clearInterval(this.polling);
    this.socket.close();
    this.sealed = true;
    this.tellWithin(within);
    this.on.ended();
  }

  /** Where many watch, their pages do not all read again at once what has changed. */
  tellWithin(seconds) {
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      tell();
    }, Math.random() * seconds * 1000);
  }
}

/** Do it again every 2 s until it works: the network comes and goes. */
async function insist(work) {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((done) => setTimeout(done, POLL));
    }
  }
}
