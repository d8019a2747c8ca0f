// The frame of every page: shortcuts, dialogs opened by links, and Copy buttons.

import "./copy.js";
import "./zone.js";

const KEYS_SETTING = "single-keys";
const SEQUENCE_MS = 1500;

// ---- dialogs: <a href="#id"> opens <dialog id="id">, data-close closes the one it is in ----

function openDialog(dialog) {
  if (!dialog.open) dialog.showModal();
}

function dialogFor(link) {
  const target = document.getElementById(link.hash.slice(1));
  return target instanceof HTMLDialogElement ? target : null;
}

document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (close) {
    event.preventDefault();
    close.closest("dialog").close();
    return;
  }
  const link = event.target.closest('a[href^="#"]');
  const dialog = link && dialogFor(link);
  if (dialog) {
    event.preventDefault();
    openDialog(dialog);
  }
});

// ---- single keys ----

function keysAreOn() {
  try {
    return localStorage.getItem(KEYS_SETTING) !== "off";
  } catch {
    return true;
  }
}

function isTyping(event) {
  return event.target.closest?.("input, textarea, select, [contenteditable]") !== null;
}

function isPlain(event) {
  return !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing);
}

function follow(selector) {
  const link = document.querySelector(selector);
  if (link) link.click();
  return link !== null;
}

function search() {
  const field = document.querySelector("input[type=search]");
  if (field) field.focus();
  else follow("[data-go=r]");
}

// J and K walk over the rows of a list or the steps of a run; Enter then opens, as on any link.
function walk(step) {
  const rows = [...document.querySelectorAll(".table-list .task > a, .step > summary")].filter((row) => row.checkVisibility());
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? rows.at(step > 0 ? 0 : -1) : rows[at + step];
  next?.focus();
}

// X ticks the row that has the focus, where rows can be ticked.
function tick() {
  document.activeElement.dispatchEvent(new CustomEvent("tick", { bubbles: true }));
}

function cancelRun() {
  const form = document.querySelector("form[data-cancel]");
  if (form && confirm("Cancel this run?")) form.requestSubmit();
}

const KEYS = {
  c: () => follow("[data-key=c]"),
  e: () => follow("[data-open-all]"),
  j: () => walk(1),
  k: () => walk(-1),
  x: tick,
  ".": cancelRun,
  "/": search,
  "?": () => openDialog(document.getElementById("keys")),
};

let goUntil = 0;

function pressed(key) {
  if (performance.now() < goUntil) {
    goUntil = 0;
    if (/^[a-z]$/.test(key) && follow(`[data-go=${key}]`)) return true;
  }
  if (key === "g") goUntil = performance.now() + SEQUENCE_MS;
  else if (Object.hasOwn(KEYS, key)) KEYS[key]();
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (!keysAreOn() || !isPlain(event) || isTyping(event)) return;
  if (document.querySelector("dialog[open]")) return;
  if (pressed(event.key.toLowerCase())) event.preventDefault();
});

const keysSwitch = document.querySelector("[data-keys-switch]");
if (keysSwitch) {
  keysSwitch.checked = keysAreOn();
  keysSwitch.addEventListener("change", () => {
    localStorage.setItem(KEYS_SETTING, keysSwitch.checked ? "on" : "off");
  });
}

// ---- on load ----

document.querySelector(".nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
for (const dialog of document.querySelectorAll("dialog[open]")) {
  // The server opened it, to show what is wrong: make it modal.
  dialog.close();
  openDialog(dialog);
}
document.querySelector(":is(main, dialog[open]) [aria-invalid=true]")?.focus();
if (location.hash) {
  const dialog = dialogFor(location);
  if (dialog) openDialog(dialog);
}
