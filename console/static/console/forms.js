// Forms ask first where they say so, and are sent once.

/** `data-confirm` (of a form) and `data-sure` (of a button) ask before sending, `data-confirm-key` when a key asked for it. */
export function askFirst() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.sure ?? form.dataset.confirm;
    if (!question || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    confirm(form, question, event.submitter);
  }, { capture: true });
  document.addEventListener("slipway:key", ({ target: form }) => {
    if (form.dataset.confirmKey) confirm(form, form.dataset.confirmKey);
    else form.requestSubmit();
  }, { capture: true });
}

function confirm(form, question, submitter = null) {
  const dialog = document.getElementById("confirm");
  document.getElementById("confirm-text").textContent = question;
  document.getElementById("confirm-yes").textContent = form.dataset.confirmYes ?? submitter.textContent;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes" || !form.isConnected) return;
    form.dataset.confirmed = "true";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  }, { once: true });
  dialog.showModal();
}

/** A second click while the first is on its way does nothing; the page that comes back forgets it. */
export function onlyOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("once" in form.dataset) || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "true";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
    }
  });
}

/** A menu closes when something else is clicked, and with Escape. */
export function closeMenus() {
  const close = (keep) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== keep) menu.open = false;
  };
  document.addEventListener("click", (event) => close(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelector("details.menu[open] > summary")?.focus();
    close(null);
  });
}
