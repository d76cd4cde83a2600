// Dragging a row to another place; the buttons do the same without a mouse. What counts is the form that is sent.

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-order] > li") ?? null;
  if (!dragged) return;
  dragged.classList.add("is-dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setDragImage(dragged, 16, 16);
});

document.addEventListener("dragover", (event) => {
  const row = event.target.closest?.("[data-order] > li");
  if (!dragged || !row) return;
  event.preventDefault();
  if (row === dragged) return;
  const { top, height } = row.getBoundingClientRect();
  row.parentNode.insertBefore(dragged, event.clientY < top + height / 2 ? row : row.nextSibling);
});

document.addEventListener("drop", (event) => dragged && event.preventDefault());

document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("is-dragged");
  const form = dragged.closest("form");
  dragged = null;
  form.requestSubmit();
});
