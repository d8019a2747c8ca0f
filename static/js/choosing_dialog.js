// Help me choose inside the composer, so that nothing that is filled in there is lost.

import { followAnswers } from "./choose.js";

// use: called with the key of the pattern that was chosen
export function chooseHere(link, dialog, use) {
  const body = dialog.querySelector("[data-choosing]");

  async function load() {
    const response = await fetch(link.href);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    body.replaceChildren(...page.getElementById("choosing").childNodes);
    followAnswers(body);
  }

  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // into another tab
    event.preventDefault();
    try {
      if (!body.childElementCount) await load();
    } catch {
      location.assign(link.href); // the page itself says what is wrong
      return;
    }
    if (!dialog.open) dialog.showModal();
  });

  dialog.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-use]");
    if (!chosen) return;
    event.preventDefault();
    dialog.close();
    use(chosen.dataset.use);
  });
}
