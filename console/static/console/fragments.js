// htmx draws fragments; here is what it must not do: draw a sign-in page into one, or close a menu somebody uses.

/** Watch over all fragments of the page. */
export function keepFragmentsHonest() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (new URL(xhr.responseURL, location).pathname === "/login") {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (byNews(event) && document.querySelector("main details[open], .app-header details[open], dialog[open]")) {
      event.preventDefault();
      document.addEventListener("toggle", () => askAgain(), { once: true, capture: true });
    }
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

function askAgain() {
  document.body.dispatchEvent(new CustomEvent("news"));
}
