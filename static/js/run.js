// The run page, live. Postgres has the truth: events say what to fetch again, text streams beside.

import { Draft } from "./draft.js";
import { notifySwitch, tellEnd } from "./notifications.js";
import { announcer } from "./run/announcer.js";
import { Cancel } from "./run/cancel.js";
import { startClock } from "./run/clock.js";
import { showEstimated } from "./run/estimated.js";
import { Fragments } from "./run/fragments.js";
import { showMoney } from "./run/money.js";
import { RunSocket } from "./run/socket.js";
import { controlSteps } from "./run/steps.js";
import { LiveTexts } from "./run/texts.js";

const RECONNECTING_AFTER_MS = 2000;
const QUEUE_MS = 5000;
const STEP_ENDS = new Set(["step.finished", "step.failed"]);

const root = document.getElementById("run");
const reconnecting = document.getElementById("reconnecting");

// The badges beside Runs and Inbox in the navigation.
function showCount(name, count) {
  const badge = document.querySelector(`.nav [data-count="${name}"]`);
  badge.hidden = count === "0";
  badge.firstChild.textContent = count;
  badge.title = `${count} ${badge.dataset.word}`;
}

function follow() {
  const announce = announcer(document.getElementById("announcer"));
  const texts = new LiveTexts(root, document.getElementById("newest"), (tokens) => showEstimated(root, tokens));
  let ended = false;
  let followed = false;
  let downTimer = null;

  function signedOut() {
    socket.stop();
    fragments.stop();
    clearTimeout(downTimer);
    reconnecting.hidden = true;
    document.getElementById("signed-out").hidden = false;
  }

  const fragments = new Fragments(root, {
    signedOut,
    keep: (name, over) => name === "answer" && !over && texts.answer.shown,
    // A reader who followed the text to its end now reads it from its beginning.
    before: (over) => {
      followed = over && texts.answer.passedBeginning;
    },
    loaded: (state) => {
      announce(state.doing);
      document.title = state.title;
      showCount("active", state.active);
      showCount("waiting", state.waiting);
      for (const element of root.querySelectorAll("[data-doing]")) element.textContent = state.doing;
      texts.attach();
      cancel.show();
      if (state.ended) {
        ended = true;
        if (followed) document.getElementById("answer-title").scrollIntoView({ block: "start" });
        texts.clear();
        socket.stop();
        tellEnd({
          title: state.title,
          body: `It cost ${root.querySelector('[data-live="cost"]').textContent.trim()}.`,
          tag: root.dataset.run,
        });
      }
    },
  });

  function receive(message) {
    if (message.type === "cost") {
      for (const name of ["cost", "held"]) {
        const amount = message.data[`${name}_usd`];
        for (const element of root.querySelectorAll(`[data-live="${name}"]`)) showMoney(element, amount);
      }
      return;
    }
    if (STEP_ENDS.has(message.type)) texts.end(message.data);
    fragments.refresh(message.type === "run.finished" ? 0 : undefined);
  }

  const socket = new RunSocket(root.dataset.run, Number(root.dataset.seq), {
    event: receive,
    text: (message) => texts.receive(message),
    up: () => {
      clearTimeout(downTimer);
      downTimer = null;
      reconnecting.hidden = true;
      cancel.retry();
    },
    signedOut,
    down: () => {
      downTimer ??= setTimeout(() => {
        reconnecting.hidden = ended;
      }, RECONNECTING_AFTER_MS);
    },
  });

  const cancel = new Cancel(root, document.getElementById("unsent"), {
    sent: () => fragments.refresh(0),
    signedOut,
  });

  // A place in the queue moves without an event of this run.
  setInterval(() => {
    if (root.querySelector("[data-queued]")) fragments.refresh(0);
  }, QUEUE_MS);

  startClock(root);
  socket.open();
}

// On phones the bill is closed at first: it is long, and the total stands above it.
if (matchMedia("(max-width: 560px)").matches) root.querySelector(".why").open = false;
new Draft(root.dataset.user).arrived(root.dataset.formKey);
controlSteps(document.getElementById("steps"));
notifySwitch(document.querySelector("[data-notify-switch]"));
if (root.dataset.ended === "false") follow();
