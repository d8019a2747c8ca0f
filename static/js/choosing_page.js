// The page of questions: its address has the answers.

import { followAnswers } from "./choose.js";

followAnswers(document.getElementById("choosing"), (query) => {
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
});
