// What the calls in flight have come to: an estimate until their usage arrives.

import { costOf, showMoney } from "./money.js";

const numbers = new Intl.NumberFormat("en-GB");

export function showEstimated(root, tokens) {
  for (const line of root.querySelectorAll("[data-estimated]")) {
    const { price } = line.dataset;
    line.hidden = tokens === 0;
    const figure = line.querySelector("[data-figure]");
    if (price) showMoney(figure, costOf(tokens, price));
    else figure.textContent = numbers.format(tokens);
  }
}
