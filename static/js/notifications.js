// A notification when a run ends while its reader looks elsewhere: by choice, kept on this device.

const SETTING = "notify-runs";
const WORDS = {
  missing: "This browser shows no notifications to pages.",
  denied: "The browser blocks them: allow notifications in its settings of this site.",
};

function wanted() {
  try {
    return localStorage.getItem(SETTING) === "on";
  } catch {
    return false; // no storage, no choice
  }
}

function keep(on) {
  try {
    if (on) localStorage.setItem(SETTING, "on");
    else localStorage.removeItem(SETTING);
  } catch {
    // Storage is blocked: nothing is kept, and nothing is told.
  }
}

const available = "Notification" in window;

function isOn() {
  return available && Notification.permission === "granted" && wanted();
}

export function tellEnd({ title, body, tag }) {
  if (!isOn() || document.visibilityState === "visible") return;
  try {
    const told = new Notification(title, { body, tag });
    told.addEventListener("click", () => {
      window.focus();
      told.close();
    });
  } catch {
    // Phones take them from service workers alone.
  }
}

// The browser is asked on the reader's own click, never before.
async function change(control, note) {
  if (control.checked && Notification.permission === "default") await Notification.requestPermission();
  keep(control.checked && Notification.permission === "granted");
  show(control, note);
}

function show(control, note) {
  const blocked = available ? Notification.permission === "denied" && "denied" : "missing";
  control.checked = isOn();
  control.disabled = blocked === "missing";
  if (blocked && note) note.textContent = WORDS[blocked];
}

export function notifySwitch(control) {
  if (!control) return;
  const note = control.closest("label").querySelector("small");
  show(control, note);
  control.addEventListener("change", () => change(control, note));
  addEventListener("storage", (event) => {
    if (event.key === SETTING) show(control, note);
  });
}
