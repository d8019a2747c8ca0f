// One polite line for screen readers: step changes and the end, at most every 5 s.

const PAUSE_MS = 5000;

export function announcer(element) {
  let waiting = "";
  let timer = null;

  function say() {
    timer = null;
    if (!waiting || waiting === element.textContent) return;
    element.textContent = waiting;
    timer = setTimeout(say, PAUSE_MS);
  }

  return (words) => {
    waiting = words;
    if (timer === null) say();
  };
}
