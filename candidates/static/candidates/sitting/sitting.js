// The page of a test: the answer is saved as it is typed, and the time left is the server's. The page works without it:
// then "Save" and "Submit" are buttons of a form.

import { repeat } from "../shared/polling.js";
import { cookie, isLineGone, post } from "../shared/server.js";
import { Bar } from "./bar.js";
import { Clock, serverClock } from "./clock.js";
import { askWhichVersion, judge, rebase } from "./conflict.js";
import { Drafts, sweep } from "./draft.js";
import { askBeforeLeaving, logOut, wasLoggingOut } from "./leaving.js";
import { Length } from "./length.js";
import { meaningOf, Saver } from "./save.js";
import { say, sayOnce, wordsOfPage } from "./text.js";

const RETRY = 5000; // ms between two looks when the line is gone
const WHILE_WRITING = 45000; // ms between two looks at the time that is left: incident time is given meanwhile
const NEAR_THE_END = 15000; // the same in the last five minutes, and after the end
const LAST_MINUTES = 300; // seconds
const MAX_KEEPALIVE = 15000; // characters; browsers carry no more than 64 KiB past the end of a page

const find = (selector) => document.querySelector(selector);
const words = wordsOfPage();
const form = find("[data-sitting]");
const text = form.elements.answer;
const candidate = form.elements.candidate.value;
const isDemo = candidate === "demo";
const { csrfCookie, owner } = form.dataset;
const note = find("[data-note]");
const conflictBox = find("[data-conflict]");
const chooseFirst = find("[data-choose]");
const otherBox = find("[data-other]");
const bar = new Bar(words);
const length = new Length({ words, longest: Number(form.dataset.longest) });
const now = serverClock(form);

const page = { submitted: false, leaving: false, thrownAway: false };

const drafts = new Drafts({
  about: { candidate, owner, path: location.pathname },
  keys: form.dataset.draftKeys,
  changed: () => showBar(),
});
form.removeAttribute("data-draft-keys");

const keepDraft = (isTried = false) => {
  if (isDemo || page.thrownAway || saver.waiting) return;
  // A page that is loaded again at once meets what this one has just sent.
  const draft = saver.isDirty ? { text: text.value, base: saver.base, sent: saver.sent.slice(-3) } : null;
  // On the disk for certain where the server could not be reached.
  drafts.keep(draft, { at: now(), ends: now() + clock.secondsLeft * 1000, durable: isTried });
};

const saver = new Saver({
  // As the server sent them: a browser that loads a page again may fill fields with what stood in them before.
  base: Number(form.elements.base.defaultValue),
  savedText: "unsaved" in form.dataset ? null : text.defaultValue,
  savedAt: form.dataset.saved,
  since: form.dataset.since,
  page: {
    words,
    read: () => text.value,
    keep: keepDraft,
    show: () => showBar(),
    setClock: (answer) => setClock(answer),
    ended: (isSubmitted) => ended(isSubmitted),
    ask: (answer) => {
      if (answer.restored) say(conflictBox.querySelector("[data-why]"), words.restoredByPlanner);
      choose(answer.answer, answer);
    },
  },
  send: async (answer, takesOver) => {
    const keepalive = document.visibilityState === "hidden" && answer.length < MAX_KEEPALIVE;
    const url = takesOver ? form.dataset.writeHere : form.dataset.save;
    const response = await post(url, { answer, base: saver.base, candidate }, { csrfCookie, keepalive });
    return meaningOf(response, Boolean(cookie(csrfCookie)));
  },
});

// The bar ----------------------------------------------------------------------------------------------------------

// What the bar says is decided here, by the first of these that holds, after whatever may have changed one of them:
// over or submitted (stop() has said it), two versions, too long, another device writes, saved (the server holds what
// stands here), not saved (a try failed or was refused), and being typed, where the time of the last save goes on
// standing there.
const showBar = () => {
  find("[data-elsewhere]").hidden = !saver.elsewhere || saver.conflict || saver.over;
  find("[data-with-script]").hidden = saver.over || saver.elsewhere !== "";
  if (saver.over) return;
  if (!saver.isDirty) {
    saver.trouble = "";
    saver.refused = null;
  }
  const why = whyNotSaved();
  if (why) bar.notSaved(saver.since, why);
  else bar.saved(isDemo ? "" : saver.savedAt); // a demo test keeps nothing: its bar goes on saying so
};

const whyNotSaved = () => {
  if (saver.conflict) return `${conflictBox.querySelector("h2").textContent}.`;
  if (saver.tooMany > 0) return withCopy(length.figures(words.tooLong, saver.tooMany));
  if (saver.elsewhere && saver.isDirty) return withCopy(saver.elsewhere);
  if (saver.trouble === words.stale && !drafts.isKept) return words.staleNoCopy;
  return saver.trouble && withCopy(saver.trouble);
};

// Where the browser keeps no copy, whoever has text that is not saved yet is told.
const withCopy = (sentence) => (drafts.isKept || isDemo ? sentence : `${sentence} ${words.noCopy}`);

const measure = () => {
  const wasTooLong = saver.tooMany > 0;
  saver.tooMany = length.show(text.value);
  if (wasTooLong && !saver.tooMany) saver.trouble = words.shortAgain;
};

// Time -------------------------------------------------------------------------------------------------------------

const clock = new Clock({
  words,
  show: (said) => sayOnce(find("[data-left]"), said),
  announce: (said) => say(find("[data-announce]"), said),
  lastCall: async () => {
    await saver.settle();
    if (saver.isDirty) saver.save();
  },
  over: () => {
    if (!saver.over) askWhetherOver();
  },
});

const tick = () => {
  if (!page.submitted) clock.tick();
};

const setClock = (answer) => {
  if (isDemo || answer.left_ms === undefined) return;
  clock.set(answer.left_ms);
  if (answer.ends) say(find("[data-ends]"), answer.ends);
  if (answer.extra !== undefined) say(find("[data-extra]"), answer.extra ? `, ${answer.extra}` : "");
  if (answer.left_ms > 0 && saver.over && answer.standing === "in_progress") reopen();
  tick();
};

const stop = (sentence) => {
  saver.stop();
  text.readOnly = true;
  find("[data-submit]").hidden = true;
  find("[data-with-script]").hidden = true; // nothing is saved as it is typed any more
  conflictBox.hidden = true;
  bar.ended(sentence, find("h1").textContent);
};

const reopen = () => {
  saver.over = false;
  text.readOnly = false;
  find("[data-submit]").hidden = false;
  find("[data-with-script]").hidden = false;
  showBar();
  if (saver.isDirty) saver.save();
};

const ended = (isSubmitted) => {
  keepDraft(true);
  if (!saver.isDirty) {
    page.leaving = true;
    location.assign(location.pathname); // the receipt
    return;
  }
  page.submitted = isSubmitted;
  find("[data-clock]").hidden = isSubmitted; // time that is left would contradict the sentence
  stop(isSubmitted ? words.submitted : words.overUnsaved.replace("{time}", saver.since));
};

// The page's clock says that the time is over: the server may have given more meanwhile.
const askWhetherOver = async () => {
  stop(words.over.replace("{time}", saver.since));
  await saver.settle(); // the last words may be in time
  await look();
};

const look = async () => {
  try {
    const response = await post(form.dataset.seenAt, {}, { csrfCookie });
    if (!response.ok) return;
    const answer = await response.json();
    if (!isDemo && answer.candidate !== candidate) return; // somebody else's clock
    setClock(answer);
    if (!isDemo) hear(answer);
    if (answer.standing === "submitted") ended(answer.submitted);
    else if (answer.revision > saver.base && !saver.saving && !saver.conflict && !saver.over) {
      saver.stale = true; // saving finds out what stands there now
      saver.save();
    }
  } catch (error) {
    if (!isLineGone(error)) throw error;
    if (!saver.over) return;
    stop(words.overOffline.replace("{time}", saver.since));
    setTimeout(look, RETRY);
  }
};

// Where else this candidate is logged in, and whether the test takes what is written there alone.
const hear = (answer) => {
  const also = find("[data-also-on]");
  sayOnce(also, answer.also_on);
  also.hidden = !answer.also_on;
  if (saver.takesOver || saver.elsewhere === answer.elsewhere) return;
  saver.elsewhere = answer.elsewhere;
  showBar();
  if (!saver.elsewhere && saver.isDirty) saver.soon();
};

find("[data-take-over]").addEventListener("click", (event) => {
  event.preventDefault();
  saver.elsewhere = "";
  saver.takesOver = saver.stale = true; // sent also where nothing was typed since
  saver.save();
  text.focus();
});

// Two versions -----------------------------------------------------------------------------------------------------

const choose = (theirs, { revision, saved }) => {
  saver.conflict = true;
  // Until it is decided, a draft goes on from what it went on from: a page that is loaded again asks again.
  saver.base = Math.min(saver.base, revision - 1);
  const decide = (isMine) => {
    saver.conflict = false;
    saver.hold(theirs, { revision, saved });
    if (!isMine) {
      otherBox.querySelector("textarea").value = text.value;
      text.value = theirs;
    }
    conflictBox.hidden = true;
    measure();
    keepDraft();
    if (saver.isDirty) saver.save();
    else showBar();
    text.focus();
  };
  askWhichVersion({ panel: conflictBox, choose: chooseFirst, other: otherBox }, theirs, decide);
  keepDraft();
  showBar();
};

// Logging out --------------------------------------------------------------------------------------------------------

const leave = askBeforeLeaving({
  words,
  saver,
  text,
  note,
  isKeptNowhere: isDemo,
  throwAway: async () => {
    page.leaving = page.thrownAway = true;
    await drafts.keep(null);
    logOut({ owner, csrfCookie });
  },
});

// Writing ------------------------------------------------------------------------------------------------------------

text.addEventListener("input", () => {
  say(note);
  measure();
  keepDraft();
  showBar();
  saver.soon();
});

form.addEventListener("submit", async (event) => {
  if (isDemo) {
    page.leaving = true;
    return; // the words are counted on the next page, and kept nowhere
  }
  event.preventDefault();
  if (await saver.saveAll()) {
    page.leaving = true;
    location.assign(form.action);
  } else if (saver.conflict) {
    chooseFirst.hidden = false;
    conflictBox.scrollIntoView();
    conflictBox.querySelector("h2").focus({ preventScroll: true });
  } else if (!saver.over) {
    bar.sayAgain(); // this is why nothing happened
    showBar();
    text.focus();
  }
});

addEventListener("beforeunload", (event) => {
  if (!saver.isDirty || isDemo) return;
  keepDraft(); // there is time for it until the next page is there
  if (!page.leaving) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (page.thrownAway) return;
  if (saver.isDirty) saver.save();
  if (document.visibilityState === "visible") look(); // the machine may have slept
});
addEventListener("online", () => {
  if (saver.isDirty) saver.save();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // a page from the browser's memory knows an old revision
});

// Beginning ----------------------------------------------------------------------------------------------------------

// Puts what a page that is gone had not saved back; what was typed while it was looked for is typed into it.
const restore = async () => {
  const { savedText: theirs, base, savedAt } = saver;
  const draft = await drafts.take((found) => judge(found, saver) !== "settled");
  if (!draft) return;
  text.value = rebase(theirs, text.value, draft.text);
  measure();
  if (judge(draft, saver) === "two versions") {
    saver.base = draft.base;
    choose(theirs, { revision: base, saved: savedAt });
    return;
  }
  // What goes on from this revision may still be on its way; what went on from an older one comes too late.
  if (draft.base === base) saver.sent = [...new Set([...draft.sent, draft.text])];
  if (draft.text !== theirs) say(note, words.restored);
};

find("[data-with-script]").hidden = false;
// A page that is loaded again may come with what stood in its fields before; in a new one somebody has typed already.
if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") text.value = text.defaultValue;
measure();
if (form.dataset.leftMs !== undefined) setClock({ left_ms: Number(form.dataset.leftMs) });
setInterval(tick, 1000);
// An idle page learns of incident time by looking only.
repeat(look, () => (clock.secondsLeft <= LAST_MINUTES ? NEAR_THE_END : WHILE_WRITING) * (0.9 + 0.1 * Math.random()));

const begin = async () => {
  if (!conflictBox.hidden) {
    // The page came back from a save without script: what stands in the field is not what the server holds.
    choose(otherBox.querySelector("textarea").value, { revision: saver.base, saved: saver.savedAt });
  }
  try {
    await drafts.begin();
    if (!saver.conflict && saver.savedText !== null) await restore();
  } finally {
    saver.waiting = null;
    keepDraft();
    showBar();
    if (saver.isDirty) saver.soon();
  }
  sweep(now());
};

if (!isDemo) {
  saver.waiting = begin();
  await saver.waiting;
} else if (saver.isDirty) {
  saver.soon(); // typed before this script was there
}
if (wasLoggingOut()) leave();
