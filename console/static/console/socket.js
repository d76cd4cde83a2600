// A websocket that comes back: at once when the network or the tab does, else with full jitter from 0.5 s to 15 s.
// Close codes: 4401 signed out, 4403 not allowed any more, 4404 not there, 4409 shown elsewhere, 1000 done; all others
// mean "again".

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const SILENCE = 60_000; // the server pings every 25 s
const ANSWER_AFTER = 10;
const FINAL = new Set([1000, 4400, 4401, 4403, 4404, 4409]);

export class Socket {
  /** `opened(again)`, `message(object)`, `data(bytes)`, `closed(code)` for good, `lost(tries)` for now. */
  constructor(address, { opened, message, data, closed, lost } = {}) {
    this.address = address;
    this.on = { opened, message, data, closed, lost };
    this.tries = 0;
    this.wasOpen = false;
    addEventListener("online", () => this.comeBack());
    document.addEventListener("visibilitychange", () => document.hidden || this.comeBack());
  }

  /** Connect, and stay connected until a final code or `close`. */
  open() {
    clearTimeout(this.timer);
    this.over = false;
    const url = new URL(this.address, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => this.receive(event);
    this.socket.onclose = (event) => this.lose(event.code);
    this.socket.onopen = () => this.hear();
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  sendBytes(bytes) {
    if (this.isOpen) this.socket.send(bytes);
  }

  /** Say that one more batch was taken, every tenth time: the server waits after 30 without an answer. */
  answer() {
    this.owed = (this.owed ?? 0) + 1;
    if (this.owed < ANSWER_AFTER) return;
    this.send({ ack: this.owed });
    this.owed = 0;
  }

  close() {
    this.over = true;
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.socket?.close();
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  hear() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.socket.close(), SILENCE);
    if (this.greeted === this.socket) return;
    this.greeted = this.socket;
    say(null);
    this.owed = 0;
    this.on.opened?.(this.wasOpen || this.tries > 0);
    this.wasOpen = true;
  }

  receive(event) {
    this.hear();
    this.tries = 0;
    if (typeof event.data !== "string") return this.on.data?.(new Uint8Array(event.data));
    const message = JSON.parse(event.data);
    if (message.t !== "ping") this.on.message?.(message);
  }

  lose(code) {
    clearTimeout(this.watchdog);
    if (this.over) return;
    if (FINAL.has(code)) {
      this.over = true;
      say(code);
      this.on.closed?.(code);
      return;
    }
    this.tries += 1;
    if (this.tries > 1 && !document.hidden) say(code);
    this.on.lost?.(this.tries);
    const wait = Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries);
    this.timer = setTimeout(() => this.open(), wait);
  }

  comeBack() {
    if (!this.over && this.socket?.readyState === WebSocket.CLOSED) this.open();
  }
}

/** Tell the person above the page; null when all is well. */
function say(code) {
  const bar = document.getElementById("connection");
  if (!bar) return;
  const words = bar.dataset;
  const text = { 4401: words.signedOut, 4403: words.forbidden, 4404: words.gone }[code] ?? words.lost;
  bar.hidden = [null, 1000, 4409].includes(code);
  bar.textContent = bar.hidden ? "" : text;
  if (code === 4401) {
    const link = document.createElement("a");
    link.href = `/login?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = words.signIn;
    bar.append(" ", link);
  }
}
