// The ticking duration of a run that has not ended, by the server's clock.

function inWords(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = String(seconds % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export function startClock(root) {
  const ahead = Date.now() - Date.parse(root.dataset.now);
  setInterval(() => {
    for (const element of root.querySelectorAll("[data-since]")) {
      element.textContent = inWords(Date.now() - ahead - Date.parse(element.dataset.since));
    }
  }, 1000);
}
