// The list of steps: the filter and Open all. The choice outlives refreshes.

let shown = "all";

function apply(card) {
  for (const button of card.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === shown));
  }
  for (const step of card.querySelectorAll(".step")) {
    step.hidden = shown !== "all" && step.dataset.kind !== shown;
  }
  for (const round of card.querySelectorAll(".round")) {
    round.hidden = !round.querySelector(".step:not([hidden])");
  }
}

function openAll(card, button) {
  const steps = [...card.querySelectorAll(".step, .round")];
  const open = steps.some((step) => !step.open);
  for (const step of steps) step.open = open;
  button.textContent = open ? "Close all" : "Open all";
}

// A link to a step, such as one of the timeline, opens it.
function openNamed() {
  const step = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!step?.matches(".step")) return;
  step.open = true;
  const round = step.closest(".round");
  if (!round || round.open) return;
  round.open = true;
  step.scrollIntoView({ block: "nearest" });
}

export function controlSteps(card) {
  addEventListener("hashchange", openNamed);
  openNamed();
  card.addEventListener("click", (event) => {
    const show = event.target.closest("[data-show]");
    if (show) {
      shown = show.dataset.show;
      apply(card);
    }
    const all = event.target.closest("[data-open-all]");
    if (all) openAll(card, all);
  });
  card.addEventListener("refreshed", () => apply(card));
}
