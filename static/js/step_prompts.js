// The prompts of the chosen pattern's steps: fetched when a pattern is chosen, kept when another is.

export function followPattern(form) {
  const box = form.querySelector("[data-step-prompts]");
  for (const button of form.querySelectorAll("[data-apply]")) button.hidden = true;

  async function load(key) {
    const response = await fetch(`${box.dataset.stepPrompts}?pattern=${encodeURIComponent(key)}`);
    if (!response.ok || response.redirected) return;
    if (find(key)) return; // asked for twice
    box.insertAdjacentHTML("beforeend", await response.text()); // our own server's escaped partial
    show();
  }

  function find(key) {
    return box.querySelector(`[data-steps="${CSS.escape(key)}"]`);
  }

  function show() {
    const key = form.elements.pattern?.value ?? "";
    for (const steps of box.children) steps.hidden = steps.dataset.steps !== key;
  }

  form.addEventListener("change", (event) => {
    if (event.target.name !== "pattern") return;
    show();
    if (event.target.value && !find(event.target.value)) load(event.target.value);
  });

  box.addEventListener("click", (event) => {
    const take = event.target.closest("[data-take]");
    if (!take) return;
    const half = take.closest("[data-half]");
    const text = half.querySelector("textarea");
    text.value = half.querySelector("[data-built-in]").textContent;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });

  if (form.elements.pattern) show();
}
