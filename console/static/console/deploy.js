// A deploy's page: rail and log move together, title and icon follow the state.
import { Viewer } from "./log/viewer.js";

const root = document.getElementById("log");
const viewer = new Viewer(root, { steps, seen: mark });
const UNDER_WAY = new Set(["queued", "building", "pulling", "releasing"]);
let stateBefore = header().dataset.state;

viewer.start();
if (!UNDER_WAY.has(stateBefore)) foldFinished();
document.addEventListener("htmx:load", follow);
document.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]");
  if (step && viewer.pane.showStep(Number(step.dataset.step))) event.preventDefault();
});

function header() {
  return document.getElementById("deploy-header");
}

/** A step as the rail shows it. */
function steps(position) {
  const { name, tone, state } = document.querySelector(`[data-step="${position}"]`)?.dataset ?? {};
  return { name: name ?? root.dataset.other, tone: tone ?? "waiting", state };
}

/** The step on top of the log is the current one of the rail. */
function mark(position) {
  for (const link of document.querySelectorAll("[data-step]")) {
    link.toggleAttribute("aria-current", Number(link.dataset.step) === position);
  }
}

/** A fragment came: the state may be another. */
function follow() {
  const { state, title, icon } = header().dataset;
  document.title = title;
  document.getElementById("favicon").href = icon;
  if (state !== stateBefore) {
    stateBefore = state;
    if (!UNDER_WAY.has(state)) foldFinished();
  }
  viewer.pane.refresh();
}

/** What went well folds; what failed stays open. */
function foldFinished() {
  const done = [...document.querySelectorAll('[data-step][data-state="done"]')];
  viewer.foldAll(done.map((link) => Number(link.dataset.step)), true);
  const failed = document.querySelector('[data-step][data-state="failed"]');
  if (failed) viewer.failedIn(Number(failed.dataset.step));
}
