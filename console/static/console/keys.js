// Single keys, never while somebody types.

/** `?` opens the list of keys, `/` goes to the search field, other keys press what says `data-key`. */
export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (act(event.key)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
  });
}

/** Whether a key pressed there is meant for a field. */
export function isTyping(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

function act(key) {
  if (key === "?") return document.getElementById("keys").showModal() ?? true;
  if (key === "/") return focus(document.querySelector("[data-slash]"));
  const form = document.querySelector(`form[data-key="${CSS.escape(key)}"]`);
  if (!form) return false;
  form.dispatchEvent(new CustomEvent("slipway:key"));
  return true;
}

function focus(field) {
  field?.focus();
  field?.select();
  return field !== null;
}
