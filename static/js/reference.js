// The API reference: an address with a # unfolds what it names, and Find leaves what has the words.

const find = document.getElementById("find");
const noneFound = document.getElementById("none-found");
const entries = [...document.querySelectorAll(".entry")];

function unfold() {
  const named = document.getElementById(location.hash.slice(1));
  const entry = named?.closest(".entry");
  if (!entry) return;
  entry.open = true;
  named.scrollIntoView();
}

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const entry of entries) {
    const text = entry.querySelector("summary").textContent.toLowerCase();
    entry.hidden = !words.every((word) => text.includes(word));
  }
  let shown = 0;
  for (const section of document.querySelectorAll("section:has(> .entry)")) {
    section.hidden = !section.querySelector(".entry:not([hidden])");
    shown += section.hidden ? 0 : 1;
  }
  document.getElementById("entrance").hidden = words.length > 0 && shown > 0;
  noneFound.hidden = shown > 0;
}

// A link to what Find has left out shows everything again.
function followed() {
  if (document.getElementById(location.hash.slice(1))?.closest("[hidden]")) {
    find.value = "";
    filter();
  }
  unfold();
}

find.addEventListener("input", filter);
addEventListener("hashchange", followed);
document.addEventListener("click", (event) => {
  // The same address again changes no hash.
  if (event.target.closest(`a[href="${location.hash}"]`)) followed();
});
filter();
unfold();
