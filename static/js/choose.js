// Help me choose: the advice follows the answers.

import { isSignedOut } from "./signed_out.js";

// answered: called with the answers as a query, once their advice is here.
export function followAnswers(root, answered = () => {}) {
  const form = root.querySelector("[data-questions]");
  const advice = root.querySelector("[data-advice]");
  let request = null;

  async function ask() {
    const query = new URLSearchParams(new FormData(form)).toString();
    request?.abort();
    const mine = (request = new AbortController());
    try {
      const response = await fetch(`${form.dataset.questions}?${query}`, { signal: mine.signal });
      if (isSignedOut(response)) document.getElementById("signed-out").hidden = false;
      if (!response.ok || response.redirected) throw new Error(`status ${response.status}`);
      advice.innerHTML = await response.text(); // our own server's escaped partial
      answered(query);
    } catch (error) {
      if (error.name !== "AbortError") advice.textContent = "No advice right now";
    }
  }

  form.querySelector("[data-apply]").hidden = true;
  form.addEventListener("change", ask);
  form.querySelector("[data-clear]").addEventListener("click", (event) => {
    event.preventDefault();
    for (const answer of form.querySelectorAll("input:checked")) answer.checked = false;
    ask();
  });
}
