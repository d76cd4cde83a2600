// The page of what instances print.
import { Output } from "./log/output.js";
import { Viewer } from "./log/viewer.js";

const root = document.getElementById("log");
const viewer = new Viewer(root, { steps: () => ({}), seen: () => {}, Source: Output });

// On a phone the lines themselves need all the room.
const isNarrow = matchMedia("(max-width: 760px)").matches;
viewer.turn("times", !isNarrow);
viewer.turn("wrap", isNarrow);
viewer.start();

const download = root.querySelector("a[download]");
const choosing = (address, instance) => {
  const chosen = new URL(address);
  chosen.searchParams.set("instance", instance);
  return chosen;
};

root.querySelector(".log-only select").addEventListener("change", (event) => {
  history.replaceState(null, "", choosing(location, event.target.value));
  download.href = choosing(download.href, event.target.value);
  viewer.showOnly(event.target.value);
});
