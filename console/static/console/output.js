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

root.querySelector(".log-only select").addEventListener("change", (event) => {
  const address = new URL(location);
  address.searchParams.set("instance", event.target.value);
  history.replaceState(null, "", address);
  viewer.showOnly(event.target.value);
});
