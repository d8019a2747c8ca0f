// The page of a prompt set's texts: the steps follow the pattern, and leaving asks about changes.

import { followPattern } from "./step_prompts.js";

const form = document.getElementById("prompt-set");
let changed = false;

followPattern(form);
form.addEventListener("input", () => (changed = true));
form.addEventListener("submit", () => (changed = false));
addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
