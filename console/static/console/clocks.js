// Keeps running durations and "5 min ago" true without asking the server.

const drawn = new WeakMap(); // clock → when it was first seen, in milliseconds of this page

/** Seconds as `0.8 s`, `42 s`, `1 m 12 s`, `2 h 5 m`, `3 d 4 h`; the twin of the template filter `duration`. */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const parts = [[86400, "d", 3600, "h"], [3600, "h", 60, "m"], [60, "m", 1, "s"]];
  for (const [large, unit, small, smaller] of parts) {
    if (whole >= large) return `${Math.floor(whole / large)} ${unit} ${Math.floor((whole % large) / small)} ${smaller}`;
  }
  return `${whole} s`;
}

/** Count on, twice a second for clocks and once a minute for "ago", while somebody looks. */
export function runClocks() {
  tick();
  document.addEventListener("htmx:load", tick);
  setInterval(() => document.hidden || tick(), 500);
  setInterval(() => document.hidden || retell(), 60_000);
}

function tick() {
  for (const clock of document.querySelectorAll("[data-clock]")) {
    if (!drawn.has(clock)) drawn.set(clock, performance.now());
    const seconds = (Number(clock.dataset.clock) + performance.now() - drawn.get(clock)) / 1000;
    clock.textContent = duration(seconds);
    const bar = clock.closest(".step")?.querySelector("progress");
    if (bar) bar.value = seconds;
  }
}

function retell() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = (Date.now() - new Date(time.dateTime)) / 1000;
    const size = [86400, 3600, 60].find((size) => seconds >= size);
    const words = document.body.getAttribute(`data-ago-${size}`);
    if (words && seconds < 30 * 86400) time.textContent = words.replace("%d", Math.floor(seconds / size));
  }
}
