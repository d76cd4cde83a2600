// The page of one command: its log, and title and icon that follow its state.
import { Viewer } from "./log/viewer.js";

new Viewer(document.getElementById("log"), { steps: () => ({}), seen: () => {} }).start();

document.addEventListener("htmx:load", () => {
  const { title, icon } = document.getElementById("run-header").dataset;
  document.title = title;
  document.getElementById("favicon").href = icon;
});
