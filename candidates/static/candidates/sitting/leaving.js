// Logging out. A test whose text the server does not have yet is gone to first: it saves, or asks.

import { token } from "../shared/server.js";
import { forget, recall, remember } from "../shared/storage.js";
import { allDrafts } from "./draft.js";
import { say } from "./text.js";

const LOG_OUT = "deliver-log-out";

export const logOutForm = () => document.querySelector(".who form");

export const logOut = async ({ owner, csrfCookie }) => {
  // Not to where we are: what can be saved here is saved.
  const left = (await allDrafts()).find((draft) => draft.owner === owner && draft.path !== location.pathname);
  if (left) {
    remember(LOG_OUT, left.path);
    location.assign(left.path);
    return;
  }
  const form = logOutForm();
  form.elements.csrfmiddlewaretoken.value = token(csrfCookie);
  form.submit();
};

// Has somebody come here by logging out elsewhere?
export const wasLoggingOut = () => {
  const path = recall(LOG_OUT);
  forget(LOG_OUT);
  return path === location.pathname;
};

// On the page of a test nothing is thrown away without being asked for: what stands there is saved first. Returns what
// the button does. throwAway(): leaves for good.
export const askBeforeLeaving = ({ words, saver, text, note, isKeptNowhere, throwAway }) => {
  const box = document.querySelector("[data-leave]");
  let isLeaving = false;

  const leave = async () => {
    if (isLeaving) return;
    isLeaving = true;
    box.hidden = true;
    text.readOnly = true;
    say(note, words.leaving);
    const isSaved = isKeptNowhere || (await saver.saveAll());
    isLeaving = false;
    say(note);
    if (isSaved) {
      throwAway();
      return;
    }
    text.readOnly = saver.over;
    say(box.querySelector("[data-words-left]"), words.leaveUnsaved.replace("{time}", saver.since));
    box.querySelector("[data-leave-again]").hidden = saver.over;
    box.hidden = false;
    box.focus();
  };

  logOutForm().addEventListener("submit", (event) => {
    event.preventDefault();
    leave();
  });
  box.querySelector("[data-leave-again]").addEventListener("click", leave);
  box.querySelector("[data-leave-unsaved]").addEventListener("click", throwAway);
  box.querySelector("[data-leave-not]").addEventListener("click", () => {
    box.hidden = true;
    text.focus();
  });
  return leave;
};
