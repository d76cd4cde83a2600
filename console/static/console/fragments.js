// htmx draws fragments; here is what it must not do: draw a sign-in page into one, or close a menu somebody uses.

/** Watch over all fragments of the page. */
export function keepFragmentsHonest() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (new URL(xhr.responseURL, location).pathname === "/login") {
      event.detail.shouldSwap = false;
      location.reload();
    } else if (byNews(event) && isInUse()) {
      event.detail.shouldSwap = false; // it was on its way when a menu or a question opened
      askAgainLater();
    }
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!byNews(event) || !isInUse()) return;
    event.preventDefault();
    askAgainLater();
  });
}

/** What somebody asked for and did not get is told, until something comes. News come again by themselves. */
export function tellTrouble() {
  const trouble = document.getElementById("trouble");
  if (!trouble) return;
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (!byNews(event)) trouble.hidden = false;
    });
  }
  document.addEventListener("htmx:afterSwap", () => {
    trouble.hidden = true;
  });
}

function byNews(event) {
  return event.detail.requestConfig.triggeringEvent?.type === "news";
}

function isInUse() {
  return document.querySelector("main details[open]:not(.last-words), .app-header details[open], dialog[open]") !== null;
}

function askAgainLater() {
  for (const name of ["toggle", "close"]) document.addEventListener(name, askAgain, { once: true, capture: true });
}

function askAgain() {
  document.body.dispatchEvent(new CustomEvent("news"));
}
