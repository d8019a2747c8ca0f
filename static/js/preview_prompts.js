// Preview prompts: what the form as it is filled in would send, in a dialog over it.

import { isSignedOut } from "./signed_out.js";

export function previewHere(form, button, dialog) {
  const body = dialog.querySelector("[data-prompts]");

  button.addEventListener("click", async (event) => {
    event.preventDefault();
    const data = new FormData(form);
    data.set("script", "true");
    body.textContent = "Reading the prompts…";
    dialog.showModal();
    try {
      const response = await fetch(button.formAction, { method: "POST", body: data });
      if (isSignedOut(response)) document.getElementById("signed-out").hidden = false;
      if (!response.ok || response.redirected) throw new Error(`status ${response.status}`);
      body.innerHTML = await response.text(); // our own server's escaped partial
    } catch {
      body.textContent = "No preview right now";
    }
  });
}
