// The tooltip of a chart: all series of a bar and their sum, in an element of the page's own look.

function line(box, text, value, colour) {
  const row = document.createElement("span");
  row.className = "row";
  const name = document.createElement(colour ? "span" : "b");
  name.className = "row";
  if (colour) name.append(Object.assign(document.createElement("i"), { className: `dot d${colour}` }));
  name.append(text);
  const figure = document.createElement(colour ? "span" : "b");
  figure.className = "num";
  figure.textContent = value;
  row.append(name, figure);
  box.append(row);
}

function box(canvas) {
  const parent = canvas.parentElement;
  const known = parent.querySelector(".tip");
  if (known) return known;
  const made = document.createElement("div");
  made.className = "tip";
  made.setAttribute("aria-hidden", "true");
  parent.append(made);
  return made;
}

// Shows what stands in a bar beside it; `lines` are [name, value, colour], the last one the sum.
export function showTip(canvas, { title, lines, x, y }) {
  const tip = box(canvas);
  tip.hidden = false;
  const heading = document.createElement("b");
  heading.textContent = title;
  tip.replaceChildren(heading);
  for (const [name, value, colour] of lines) line(tip, name, value, colour);
  const room = canvas.clientWidth - x;
  tip.style.left = `${Math.max(0, room > tip.offsetWidth + 16 ? x + 14 : x - tip.offsetWidth - 14)}px`;
  tip.style.top = `${Math.max(0, Math.min(y - 20, canvas.clientHeight - tip.offsetHeight))}px`;
}

export function hideTip(canvas) {
  const tip = canvas.parentElement.querySelector(".tip");
  if (tip) tip.hidden = true;
}
