// The Dashboard, a test before it is opened, and "Submit your answer?": open pages give a sign of life, show the button
// to start in time, and are loaded again when they are out of date. They work without it.

import { repeat } from "../shared/polling.js";
import { isLineGone, post } from "../shared/server.js";
import { clockWords, serverClock } from "./clock.js";
import { sweep } from "./draft.js";
import { logOut, logOutForm, wasLoggingOut } from "./leaving.js";
import { sayOnce, wordsOfPage } from "./text.js";

const SIGN_OF_LIFE = 60000; // ms

for (const box of document.querySelectorAll("[data-opens-in]")) {
  const seconds = Number(box.dataset.opensIn);
  if (!seconds) continue;
  // Shown, not loaded: 1500 pages that all load again at the opening would keep each other waiting.
  const opensAt = performance.now() + (seconds + 1) * 1000;
  const open = () => {
    const rest = opensAt - performance.now();
    if (rest > 0) {
      setTimeout(open, Math.min(rest, SIGN_OF_LIFE)); // long timers overflow, and sleep with the machine
      return;
    }
    box.querySelector("[data-until-open]")?.setAttribute("hidden", "");
    box.querySelector("[data-once-open]").hidden = false;
  };
  open();
}

const watched = document.querySelector("[data-seen]");
if (watched) {
  // A page that answered a form is not loaded again as it is: the browser would ask whether to send the form again.
  const again = () => (watched.dataset.page ? location.assign(watched.dataset.page) : location.reload());
  const look = async () => {
    try {
      const response = await post(watched.dataset.seen, {});
      if (response.type === "opaqueredirect" || response.status === 404) {
        again();
        return;
      }
      if (!response.ok) return;
      const answer = await response.json();
      const looked = document.querySelector("[data-looked]");
      if (looked && answer.looked) looked.textContent = answer.looked;
      const state = answer.state ?? `${answer.standing} ${answer.ends} ${answer.extra}`.trim();
      if (state !== watched.dataset.state.trim()) again();
    } catch (error) {
      if (!isLineGone(error)) throw error;
      // The next minute asks again.
    }
  };
  repeat(look, () => Number(watched.dataset.every) || SIGN_OF_LIFE);
  sweep(serverClock(watched)());
}

// "Submit your answer?": the time goes on. At the end the page is asked for again, and leads to the receipt.
const asked = document.querySelector("[data-left-to-submit]");
if (asked) {
  const words = wordsOfPage();
  const endsAt = performance.now() + Number(asked.dataset.leftToSubmit);
  const patience = 500 + Math.random() * 2000; // not 1500 pages at once
  const timer = setInterval(() => {
    const left = endsAt - performance.now();
    sayOnce(asked, clockWords(Math.max(0, left) / 1000, words));
    if (left > -patience) return;
    clearInterval(timer);
    location.assign(location.pathname);
  }, 1000);
}

const owner = watched?.dataset.owner;
if (logOutForm() && owner) {
  logOutForm().addEventListener("submit", (event) => {
    event.preventDefault();
    logOut({ owner });
  });
  if (wasLoggingOut()) logOut({ owner });
}
