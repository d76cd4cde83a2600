// A terminal in the page: what is typed goes out as bytes, what the shell writes comes in as bytes.
import { FitAddon } from "../vendor/xterm-addon-fit/addon-fit.mjs";
import { Terminal } from "../vendor/xterm/xterm.mjs";
import { Socket } from "./socket.js";

const LONGEST_PIECE = 16 * 1024; // of what is pasted
const THEME = {
  background: "#0e151c", foreground: "#d7dfe6", cursor: "#5fd4c8", selectionBackground: "#2f5560",
  black: "#5c6b78", red: "#ff8d85", green: "#5fd08f", yellow: "#e3b95b", blue: "#82b6fb", magenta: "#d6a0f0", cyan: "#5fd4c8", white: "#d7dfe6",
  brightBlack: "#8493a1", brightRed: "#ffada7", brightGreen: "#86e0ac", brightYellow: "#f2d183", brightBlue: "#a9cdfd", brightMagenta: "#e5bff8", brightCyan: "#8fe4da", brightWhite: "#ffffff",
};

const root = document.getElementById("terminal");
const state = document.getElementById("shell-state");
const close = document.getElementById("shell-close");

if (root.dataset.over === "false") run();
else root.hidden = true;

function run() {
  const terminal = new Terminal({ theme: THEME, fontFamily: getComputedStyle(root).fontFamily, fontSize: 13, scrollback: 5_000 });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  withNonce(root.dataset.nonce, () => terminal.open(root));
  terminal.textarea.setAttribute("aria-label", root.dataset.label);
  const socket = new Socket(root.dataset.socket, {
    message: (message) => hear(message, terminal, socket),
    data: (bytes) => draw(bytes, terminal, socket),
    closed: (code) => over(code === 4409 ? state.dataset.elsewhere : state.textContent, terminal),
    lost: () => say(state.dataset.opening),
  });
  const encoder = new TextEncoder();
  terminal.onData((text) => type(encoder.encode(text), socket));
  terminal.onBinary((text) => type(Uint8Array.from(text, (char) => char.charCodeAt(0)), socket));
  terminal.onResize(({ rows, cols }) => socket.send({ size: [rows, cols] }));
  terminal.attachCustomKeyEventHandler((event) => !leaves(event));
  close.addEventListener("click", () => socket.send({ end: true }));
  new ResizeObserver(() => fit.fit()).observe(root);
  fit.fit();
  terminal.focus();
  socket.open();
}

/** Styles that are made inside carry the nonce that the page's policy asks for. */
function withNonce(nonce, work) {
  const create = document.createElement;
  document.createElement = function (name, ...rest) {
    const made = create.call(this, name, ...rest);
    if (name === "style") made.nonce = nonce;
    return made;
  };
  try {
    work();
  } finally {
    document.createElement = create;
  }
}

function hear(message, terminal, socket) {
  if (message.t === "hello") {
    terminal.reset(); // what was written before comes again
    socket.send({ size: [terminal.rows, terminal.cols] });
  } else if (message.t === "over") {
    over(message.ending, terminal);
  }
}

/** A piece is answered when it is drawn, so that the server waits for a browser that is slower than it. */
function draw(bytes, terminal, socket) {
  say(state.dataset.open);
  terminal.write(bytes, () => socket.answer());
}

function type(bytes, socket) {
  for (let at = 0; at < bytes.length; at += LONGEST_PIECE) socket.sendBytes(bytes.subarray(at, at + LONGEST_PIECE));
}

/** Shift+F6 goes on to the next control, since Tab belongs to the shell. */
function leaves(event) {
  if (event.key !== "F6" || !event.shiftKey) return false;
  if (event.type === "keydown") close.focus();
  return true;
}

function over(text, terminal) {
  say(text);
  terminal.options.disableStdin = true;
  terminal.options.cursorBlink = false;
  close.hidden = true;
  document.getElementById("shell-again").hidden = false;
}

function say(text) {
  if (state.textContent !== text) state.textContent = text;
}
