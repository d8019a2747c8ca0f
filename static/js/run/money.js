// Dollars to the last digit, the digits after the fourth quieter, as the server writes them.

const QUIET_FROM = 4;

function digits(amount) {
  const [whole, fraction = ""] = amount.split(".");
  return [whole, fraction.replace(/0+$/, "")];
}

export function showMoney(element, amount) {
  const [whole, fraction] = digits(amount);
  const money = document.createElement("span");
  money.className = "money";
  if (whole === "0" && !fraction) {
    money.textContent = "$0.00";
  } else {
    const padded = fraction.padEnd(QUIET_FROM, "0");
    const tail = document.createElement("span");
    tail.className = "tail";
    tail.textContent = padded.slice(QUIET_FROM);
    money.append(`$${whole}.${padded.slice(0, QUIET_FROM)}`, tail);
  }
  element.replaceChildren(money);
}
