// The inbox: new questions appear, answered ones go. What the reader is writing is left alone.

import { replacePart } from "./run/fragments.js";
import { isSignedOut } from "./signed_out.js";

const POLL_MS = 3000;

const inbox = document.getElementById("inbox");

function questions(root) {
  return [...root.querySelectorAll("[data-question]")].map((one) => one.dataset.question).join(" ");
}

async function refresh() {
  try {
    const response = await fetch(inbox.dataset.fragment, { headers: { Accept: "text/html" } });
    document.getElementById("signed-out").hidden = !isSignedOut(response);
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    const fresh = new DOMParser().parseFromString(html, "text/html");
    if (questions(fresh) !== questions(inbox)) replacePart(inbox, html);
  } catch {
    // Offline: the questions stay as they are, and the next turn tries again.
  }
}

setInterval(() => {
  if (!document.hidden && !inbox.contains(document.activeElement)) refresh();
}, POLL_MS);
