// Times in the reader's zone: relative up to a day, exact on hover. `data-keep` ones stay as they are.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const REFRESH_MS = 20_000;

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const sameYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const otherYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

function span(seconds) {
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  return `${Math.floor(seconds / HOUR)} h`;
}

function inWords(moment, now) {
  const seconds = Math.floor((now - moment) / 1000);
  if (Math.abs(seconds) < 10) return "now";
  if (seconds < 0) return seconds > -DAY ? `in ${span(-seconds)}` : sameYear.format(moment);
  if (seconds < DAY) return `${span(seconds)} ago`;
  return (moment.getFullYear() === now.getFullYear() ? sameYear : otherYear).format(moment).replace("Sept", "Sep");
}

export function refreshTimes(root = document) {
  const now = new Date();
  for (const element of root.querySelectorAll("time[datetime]:not([data-keep])")) {
    const moment = new Date(element.dateTime);
    element.textContent = inWords(moment, now);
    element.title = exact.format(moment);
  }
}

refreshTimes();
setInterval(refreshTimes, REFRESH_MS);
document.addEventListener("refreshed", (event) => refreshTimes(event.target));
