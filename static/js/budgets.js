// New budget: shows the field of the chosen scope, and says what the budget will do as it is typed.

const PAUSE_MS = 300;

const form = document.getElementById("create-form");
const box = form.querySelector("[data-preview-box]");
let timer = null;
let asked = 0;

function showScope() {
  const scope = form.elements.scope.value;
  for (const field of form.querySelectorAll("[data-scope]")) field.hidden = field.dataset.scope !== scope;
}

async function preview() {
  const turn = ++asked;
  const fields = new URLSearchParams(new FormData(form));
  fields.delete("csrfmiddlewaretoken");
  fields.delete("seen");
  try {
    const response = await fetch(`${form.dataset.preview}?${fields}`);
    if (!response.ok || response.redirected || turn !== asked) return;
    box.innerHTML = await response.text(); // our own server's escaped partial
  } catch {
    // Offline: the server shows the sentence once more before anything is created.
  }
}

form.addEventListener("input", () => {
  showScope();
  clearTimeout(timer);
  timer = setTimeout(preview, PAUSE_MS);
});

showScope();
