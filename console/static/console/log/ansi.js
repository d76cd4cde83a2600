// Terminal codes in a line of log → pieces of text with their look. Colours (ECMA-48 SGR: 16, 256, true colour) are kept,
// all other codes are dropped, and characters that turn the direction of text are shown. The server's twin is ansi.py.

const CODES = /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?/g;
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g;
const LEVELS = [0, 95, 135, 175, 215, 255];
const FLAGS = { 1: "b", 2: "f", 3: "i", 4: "u", 7: "inverse", 9: "s" };
const ENDS = { 22: ["b", "f"], 23: ["i"], 24: ["u"], 27: ["inverse"], 29: ["s"] };

/** The text alone, as the server writes it into a download. */
export function plain(text) {
  return shown(text.includes("\x1b") ? text.replace(CODES, "") : text);
}

/** Pieces `{text, look}` of a line; a look is null or `{names, color, background}`. */
export function pieces(text) {
  if (!text.includes("\x1b")) return [{ text: shown(text), look: null }];
  const found = [];
  let style = {};
  let end = 0;
  const take = (upTo) => upTo > end && found.push({ text: shown(text.slice(end, upTo)), look: look(style) });
  for (const match of text.matchAll(CODES)) {
    take(match.index);
    end = match.index + match[0].length;
    if (match[2] === "m") style = apply(style, match[1]);
  }
  take(text.length);
  return found;
}

function shown(text) {
  return text.replace(BIDI, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function apply(style, parameters) {
  const next = { ...style };
  const codes = parameters.split(";").map((part) => part.split(":").map(Number));
  while (codes.length) {
    const [code, ...own] = codes.shift();
    if (!code) for (const name of Object.keys(next)) delete next[name];
    else if (FLAGS[code]) next[FLAGS[code]] = true;
    else if (ENDS[code]) for (const name of ENDS[code]) delete next[name];
    else if (code === 38) next.color = extended(own, codes) ?? next.color;
    else if (code === 48) next.background = extended(own, codes) ?? next.background;
    else if (code === 39) delete next.color;
    else if (code === 49) delete next.background;
    else paint(next, code);
  }
  return next;
}

function paint(style, code) {
  if (code >= 30 && code <= 37) style.color = code - 30;
  else if (code >= 90 && code <= 97) style.color = code - 82;
  else if (code >= 40 && code <= 47) style.background = code - 40;
  else if (code >= 100 && code <= 107) style.background = code - 92;
}

/** 38:5:n, 38:2::r:g:b and the same with semicolons; a number below 16, or what CSS calls the colour. */
function extended(own, codes) {
  const next = () => (own.length ? own.shift() : codes.shift()?.[0]) ?? 0;
  const kind = next();
  if (kind === 5) return indexed(next());
  if (kind !== 2) return undefined;
  if (own.length > 3) own.shift(); // the colour space, which nobody sets
  return `rgb(${[next(), next(), next()].map((value) => Math.min(255, value || 0)).join(" ")})`;
}

function indexed(index) {
  if (!(index >= 0 && index <= 255)) return undefined;
  if (index < 16) return index;
  if (index >= 232) return `rgb(${Array(3).fill(8 + (index - 232) * 10).join(" ")})`;
  const cube = index - 16;
  return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => LEVELS[level]).join(" ")})`;
}

function look(style) {
  if (!Object.keys(style).length) return null;
  let { color, background } = style;
  if (style.inverse) [color, background] = [background ?? "rgb(14 21 28)", color ?? 7];
  const names = Object.values(FLAGS).filter((name) => name !== "inverse" && style[name]);
  if (typeof color === "number") names.push(`c${color}`);
  if (typeof background === "number") names.push(`g${background}`);
  return {
    names,
    color: typeof color === "string" ? color : "",
    background: typeof background === "string" ? background : "",
  };
}
