// Put before a page's own scripts by the browser's driver: tells the test whatever a person could have seen of a deploy.
addEventListener("DOMContentLoaded", () => {
  let told = "";
  const look = () => {
    const header = document.getElementById("deploy-header");
    if (!header) return;
    const steps = [...document.querySelectorAll("#deploy-steps [data-step]")].map((step) => [step.dataset.name, step.dataset.state]);
    const lines = [...document.querySelectorAll(".log-line:not(.is-missing)")].map((line) => [
      Number(line.querySelector("[data-line]").dataset.line),
      line.querySelector(".log-text").textContent,
    ]);
    const sight = JSON.stringify({ state: header.dataset.state, steps, lines });
    if (sight !== told) window.tellTest(sight);
    told = sight;
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  look();
});
