// Rows of the log as elements. Text is only ever set as text.
import { pieces, plain } from "./ansi.js";
import { isError } from "./lines.js";

const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

/** A line with its number as a link. `words` are those searched for. */
export function drawLine(number, record, { times, wanted, chosen, hit }) {
  const line = element("div", "log-line");
  const link = element("a", "log-no", String(number));
  link.href = `#L${number}`;
  link.dataset.line = number;
  line.append(link);
  line.classList.toggle("is-chosen", chosen);
  line.classList.toggle("is-hit", hit);
  if (!record) {
    line.classList.add("is-missing");
    line.append(element("span", "log-text", "…"));
    return line;
  }
  const [at, , text, from, release] = record;
  if (times) line.append(element("span", "log-time", at ? `${clock.format(at)}.${String(at % 1000).padStart(3, "0")}` : ""));
  if (from) line.append(source(from, release));
  line.classList.toggle("is-head", text.startsWith("-----> "));
  line.classList.toggle("is-error", isError(text));
  line.append(wanted && hit ? marked(text, wanted) : coloured(text));
  return line;
}

/** The head of a run: its step's state, name and number of lines. */
export function drawHead(place, step) {
  const { run, open } = place;
  const head = element("button", "log-group");
  head.type = "button";
  head.dataset.fold = run.step;
  head.setAttribute("aria-expanded", String(open));
  const count = run.last - run.first + 1;
  head.append(turn(), element("span", `log-state state-${step.tone}`), element("span", "", step.name), element("span", "log-count num", count.toLocaleString()));
  return head;
}

/** Which instance printed it, in a colour of its own. */
function source(from, release) {
  const shade = [...from].reduce((sum, char) => (sum * 7 + char.charCodeAt(0)) % 6, 0);
  const label = element("span", `log-from c${shade + 9}`, from);
  label.title = release;
  return label;
}

function coloured(text) {
  const shown = element("span", "log-text");
  for (const piece of pieces(text)) shown.append(piece.look ? dressed(piece) : piece.text);
  return shown;
}

function dressed({ text, look }) {
  const span = element("span", look.names.join(" "), text);
  if (look.color) span.style.color = look.color;
  if (look.background) span.style.backgroundColor = look.background;
  return span;
}

/** The text without colours and with what was searched for marked. */
function marked(text, wanted) {
  const shown = element("span", "log-text");
  const whole = plain(text);
  const lower = whole.toLowerCase();
  let end = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, end)) {
    shown.append(whole.slice(end, at), element("mark", "", whole.slice(at, at + wanted.length)));
    end = at + wanted.length;
  }
  shown.append(whole.slice(end));
  return shown;
}

function turn() {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 16 16");
  icon.setAttribute("class", "log-turn");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M6 4l4 4-4 4");
  path.setAttribute("fill", "none");
  path.setAttribute("stroke", "currentColor");
  path.setAttribute("stroke-width", "1.6");
  icon.append(path);
  return icon;
}

function element(name, classes, text) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text !== undefined) made.textContent = text;
  return made;
}
