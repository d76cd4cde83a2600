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
    const byNews = event.detail.requestConfig.triggeringEvent?.type === "news";
    if (byNews && document.querySelector("main details[open], .app-header details[open], dialog[open]")) {
      event.preventDefault();
      document.addEventListener("toggle", () => askAgain(), { once: true, capture: true });
    }
  });
}

function askAgain() {
  document.body.dispatchEvent(new CustomEvent("news"));
}
