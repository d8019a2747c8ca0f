// The composer: draft, size counter, the chosen pattern's fields, estimate, Ctrl+Enter, one submit.

import { chooseHere } from "./choosing_dialog.js";
import { Draft } from "./draft.js";
import { previewHere } from "./preview_prompts.js";
import { isSignedOut } from "./signed_out.js";
import { followPattern } from "./step_prompts.js";

const ESTIMATE_AFTER_MS = 400;

const form = document.getElementById("composer");
const task = form.elements.task;
const submit = document.getElementById("submit");
const size = document.getElementById("task-size");
const estimate = document.getElementById("estimate");
const maxBytes = Number(form.dataset.maxBytes);
const numbers = new Intl.NumberFormat("en-GB");

// ---- draft ----

const draft = new Draft(form.dataset.user);

// What was typed before this script ran is a draft too; what the browser would restore is older.
function restore() {
  task.autocomplete = "off";
  if (!task.value) task.value = draft.read();
  else if (task.value !== task.defaultValue) draft.keep(task.value);
}

// ---- size ----

function checkSize() {
  const bytes = new TextEncoder().encode(task.value).length;
  const over = bytes > maxBytes;
  const usedUp = estimate.querySelector("[data-estimate]")?.dataset.usedUp === "true";
  size.hidden = !over;
  size.textContent = over ? `${numbers.format(bytes)} of at most ${numbers.format(maxBytes)} bytes: the task is too long to run.` : "";
  submit.disabled = over || usedUp || form.dataset.paused === "true";
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

// Anything but the usual wish is said where the section is closed.
const USUAL = { reasoning_effort: "", verbosity: "", cache: "use" };

function wishes() {
  return Object.entries(USUAL)
    .map(([name, usual]) => [form.elements[name], usual])
    .filter(([control, usual]) => control.value !== usual)
    .map(([control]) => `${control.closest(".field").dataset.label}: ${control.selectedOptions[0].text}`);
}

function setWish() {
  const { value } = form.elements.prompt_set;
  return value ? [`Prompt set: ${value}`] : [];
}

function schemaWish() {
  return form.elements.answer_schema.value.trim() ? ["Answer: JSON by schema"] : [];
}

// A set for another pattern can't be chosen; one that is chosen already stays, and the estimate
// says why it can't be used.
function showSets() {
  for (const option of form.elements.prompt_set.options) {
    const { pattern } = option.dataset;
    option.disabled = Boolean(pattern) && pattern !== chosenPattern()?.value && !option.selected;
  }
}

function showParams() {
  showSets();
  const chosen = chosenPattern();
  for (const group of form.querySelectorAll("[data-params]")) {
    group.hidden = group.dataset.params !== chosen?.value;
    group.querySelector("[data-params-title]").hidden = true;
    if (!group.hidden) document.getElementById("advanced-summary").textContent = [...wishes(), ...setWish(), ...schemaWish(), words(group)].join(" · ");
  }
  for (const field of form.querySelectorAll("[data-needs-tools]")) {
    field.hidden = !chosen || chosen.dataset.tools !== "true";
  }
}

function choose(key) {
  const pattern = form.querySelector(`input[name=pattern][value="${CSS.escape(key)}"]`);
  pattern.checked = true;
  for (const type of ["input", "change"]) pattern.dispatchEvent(new Event(type, { bubbles: true }));
  pattern.focus();
}

chooseHere(document.getElementById("choose"), document.getElementById("choosing"), choose);

// ---- prompts ----

followPattern(form);
previewHere(form, document.getElementById("preview-prompts"), document.getElementById("prompts"));

// ---- estimate ----

let asking = null;
let request = null;

// Asked a moment after the last change; the old sentence stays, dimmed, until the new one is here.
function askForEstimate() {
  clearTimeout(asking);
  request?.abort();
  estimate.classList.add("stale");
  asking = setTimeout(fetchEstimate, ESTIMATE_AFTER_MS);
}

async function fetchEstimate() {
  const chosen = chosenPattern();
  const mine = (request = new AbortController());
  try {
    const response = await fetch(form.dataset.estimateUrl, {
      method: "POST",
      body: new FormData(form),
      signal: mine.signal,
    });
    if (isSignedOut(response)) {
      document.getElementById("signed-out").hidden = false;
    }
    if (!response.ok || response.redirected) throw new Error(`status ${response.status}`);
    estimate.innerHTML = await response.text(); // our own server's escaped partial
    showCalls(chosen);
    showAuto();
    form.querySelector("[data-refusal]")?.remove(); // the new sentence says what budgets say now
  } catch (error) {
    if (error.name === "AbortError") return;
    estimate.innerHTML = "<b>No forecast right now</b><small>Run works all the same.</small>";
  }
  estimate.classList.remove("stale");
  checkSize();
}

// The pattern's formula is the server's: its card follows the parameters too.
function showCalls(chosen) {
  const { calls } = estimate.querySelector("[data-estimate]").dataset;
  if (chosen && calls) chosen.closest("label").querySelector(".calls").textContent = calls;
}

// The choice says what Auto takes for the task as it stands; without a task, what it has.
const auto = form.elements.model.querySelector("option[value=auto]");
const autoAtFirst = auto.textContent;

function showAuto() {
  const { auto: model } = estimate.querySelector("[data-estimate]").dataset;
  auto.textContent = model ? `Auto: ${model}` : autoAtFirst;
}

// ---- submit ----

form.addEventListener("submit", (event) => {
  if (event.submitter?.hasAttribute("formaction")) return; // it starts no run
  if (form.dataset.sent || submit.disabled) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  form.elements.script.value = "true"; // a refusal is then shown in this page
  submit.querySelector("[data-label]").textContent = "Starting…";
  draft.keep(task.value);
  draft.markSent(form.elements.idempotency_key.value);
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

task.addEventListener("input", () => {
  draft.keep(task.value);
  checkSize();
});
form.addEventListener("change", showParams);
form.addEventListener("input", askForEstimate);

restore();
if (task.value !== task.defaultValue) askForEstimate();
checkSize();
showParams();
const wrong = form.querySelector("[aria-invalid=true]");
if (!wrong && matchMedia("(pointer: fine)").matches) task.focus();
