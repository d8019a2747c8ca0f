// Copy buttons: data-copy names the element whose text is copied; left empty, it is the block of
// code that the button stands in.

const SAID_MS = 2000;
// A screen reader says what changes in a status, not what one is made with.
const STATUS_MS = 100;

function sourceOf(button) {
  const name = button.dataset.copy;
  return name ? document.querySelector(name) : button.closest(".code-block").querySelector(".code");
}

// Beside an open dialog nothing is read out, so each has a status of its own.
function announce(button, said) {
  const place = button.closest("dialog") ?? document.body;
  let status = place.querySelector(":scope > [data-copied]");
  if (!status) {
    status = Object.assign(document.createElement("p"), { className: "sr", role: "status" });
    status.dataset.copied = "";
    place.append(status);
  }
  status.textContent = "";
  setTimeout(() => {
    status.textContent = said;
  }, STATUS_MS);
}

async function copy(button) {
  const source = sourceOf(button);
  const label = button.querySelector("[data-label]");
  try {
    await navigator.clipboard.writeText(source.textContent);
    label.textContent = "Copied";
    button.dispatchEvent(new CustomEvent("copied", { bubbles: true }));
  } catch {
    // Only secure origins have a clipboard: leave the text selected for the reader's own keys.
    getSelection().selectAllChildren(source);
    label.textContent = "Selected";
  }
  announce(button, label.textContent);
  setTimeout(() => {
    label.textContent = "Copy";
  }, SAID_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
