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

const FRACTION = 12; // the server's money has twelve decimals

function exact(amount) {
  const [whole, fraction = ""] = amount.split(".");
  return BigInt(whole + fraction.padEnd(FRACTION, "0"));
}

// What so many tokens cost at a price in dollars per million, to four decimals or the first digits.
export function costOf(tokens, price) {
  const cost = (BigInt(tokens) * exact(price)) / 1_000_000n;
  const text = String(cost).padStart(FRACTION + 1, "0");
  return `${text.slice(0, -FRACTION)}.${text.slice(-FRACTION, 6 - FRACTION)}`;
}
