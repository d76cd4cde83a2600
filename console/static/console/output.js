// The page of what instances print.
import { Output } from "./log/output.js";
import { Viewer } from "./log/viewer.js";

const root = document.getElementById("log");
const viewer = new Viewer(root, { steps: () => ({}), seen: () => {}, Source: Output });

viewer.pane.look.times = true;
viewer.start();

root.querySelector(".log-only select").addEventListener("change", (event) => {
  const address = new URL(location);
  address.searchParams.set("instance", event.target.value);
  history.replaceState(null, "", address);
  viewer.choose(event.target.value);
});
