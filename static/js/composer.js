// The composer: draft, size counter, the chosen pattern's fields, Ctrl+Enter, one submit.

const DRAFT = "draft-task";

const form = document.getElementById("composer");
const task = form.elements.task;
const submit = document.getElementById("submit");
const size = document.getElementById("task-size");
const calls = document.getElementById("calls");
const maxBytes = Number(form.dataset.maxBytes);
const numbers = new Intl.NumberFormat("en-GB");

// ---- draft ----

function store(value) {
  try {
    if (value) localStorage.setItem(DRAFT, value);
    else localStorage.removeItem(DRAFT);
  } catch {
    // No storage, no draft.
  }
}

function restore() {
  try {
    if (!task.value) task.value = localStorage.getItem(DRAFT) ?? "";
  } catch {
    // No storage, no draft.
  }
}

// ---- size ----

function checkSize() {
  const bytes = new TextEncoder().encode(task.value).length;
  const over = bytes > maxBytes;
  size.hidden = !over;
  size.textContent = over ? `${numbers.format(bytes)} of at most ${numbers.format(maxBytes)} bytes: the task is too long to run.` : "";
  submit.disabled = over;
}

// ---- pattern ----

function chosenPattern() {
  return form.querySelector("input[name=pattern]:checked");
}

function words(group) {
  return [...group.querySelectorAll(".field")]
    .map((field) => {
      const control = field.querySelector("input, select, textarea");
      const value = control.type === "checkbox" ? (control.checked ? "yes" : "no") : control.value;
      return `${field.dataset.label}: ${value}`;
    })
    .join(" · ");
}

function showParams() {
  const chosen = chosenPattern();
  for (const group of form.querySelectorAll("[data-params]")) {
    group.hidden = group.dataset.params !== chosen?.value;
    group.querySelector("[data-params-title]").hidden = true;
    if (!group.hidden) document.getElementById("advanced-summary").textContent = words(group);
  }
  if (chosen) calls.textContent = chosen.dataset.calls;
  askForCalls(chosen);
  for (const field of form.querySelectorAll("[data-needs-tools]")) {
    field.hidden = !chosen || chosen.dataset.tools !== "true";
  }
}

// The pattern's formula is the server's: asked a moment after the last change.
let asking = null;

async function fetchCalls(chosen) {
  const query = new URLSearchParams({ pattern: chosen.value });
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith(`${chosen.value}-`)) query.set(name, value);
  }
  try {
    const response = await fetch(`${form.dataset.callsUrl}?${query}`);
    if (!response.ok || response.redirected) return;
    chosen.dataset.calls = (await response.json()).calls;
  } catch {
    return; // Offline: the last answer stays.
  }
  chosen.closest("label").querySelector(".calls").textContent = chosen.dataset.calls;
  if (chosen.checked) calls.textContent = chosen.dataset.calls;
}

function askForCalls(chosen) {
  clearTimeout(asking);
  if (chosen) asking = setTimeout(fetchCalls, 400, chosen);
}

// ---- submit ----

form.addEventListener("submit", (event) => {
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  submit.querySelector("[data-label]").textContent = "Starting…";
  store("");
});

// Back from the run page the browser may show this page as it was left.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !submit.disabled) {
    event.preventDefault();
    form.requestSubmit(submit);
  }
});

form.addEventListener("click", (event) => {
  const example = event.target.closest("[data-example]");
  if (!example) return;
  task.value = example.dataset.example;
  store(task.value);
  checkSize();
  task.focus();
});

task.addEventListener("input", () => {
  store(task.value);
  checkSize();
});
form.addEventListener("change", showParams);

restore();
checkSize();
showParams();
const wrong = form.querySelector("[aria-invalid=true]");
if (wrong) wrong.focus();
else if (matchMedia("(pointer: fine)").matches) task.focus();
