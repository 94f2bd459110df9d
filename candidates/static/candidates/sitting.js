// The candidate's pages: the answer is saved as it is typed, the time left is the server's, open pages give a sign of
// life. The pages work without it: then "Save" and "Submit" are buttons of a form.
(() => {
  "use strict";

  const AFTER_TYPING = 1500; // ms of rest after which a save begins
  const AT_MOST = 5000; // ms after which it begins while somebody goes on typing
  const AGAIN = 5000; // ms between two tries when the line is gone
  const GIVE_UP = 15000; // ms without an answer that count as a line that is gone
  const SIGN_OF_LIFE = 60000;
  const KEEPALIVE = 60000; // characters; browsers carry no more than 64 KiB past the end of a page

  const cookie = (name) =>
    document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  // The cookie knows a log-in that happened in another tab; the token in the page does not.
  const token = (name) =>
    (name && cookie(name)) || document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

  const post = async (url, fields, csrfCookie, keepalive = false) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), GIVE_UP);
    try {
      return await fetch(url, {
        method: "POST",
        body,
        keepalive,
        redirect: "manual",
        signal: stop.signal,
        headers: { Accept: "application/json", "X-CSRFToken": token(csrfCookie) },
      });
    } finally {
      clearTimeout(timer);
    }
  };

  // Dashboard, and the test before it is opened --------------------------------------------------------------------
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
    const look = async () => {
      try {
        const response = await post(watched.dataset.seen, {}, "");
        if (response.type === "opaqueredirect" || response.status === 404) {
          location.reload();
          return;
        }
        if (!response.ok) return;
        const answer = await response.json();
        const state = answer.state ?? `${answer.standing} ${answer.ends} ${answer.extra}`.trim();
        if (state !== watched.dataset.state.trim()) location.reload();
      } catch (error) {
        if (!(error instanceof TypeError) && error.name !== "AbortError") throw error;
        // The line is gone; the next minute asks again.
      }
    };
    setInterval(look, SIGN_OF_LIFE);
  }

  // The draft of one candidate: what the server does not have yet. It lives as long as the tab. -------------------------
  const draftKey = (candidate) => `deliver-answer-${candidate}`;
  const readDraft = (candidate) => {
    try {
      return JSON.parse(sessionStorage.getItem(draftKey(candidate)));
    } catch {
      return null;
    }
  };
  const dropDraft = (candidate) => {
    try {
      sessionStorage.removeItem(draftKey(candidate));
    } catch {
      // Without storage there is nothing to drop.
    }
  };

  const late = document.querySelector("[data-late]");
  if (late) {
    const draft = readDraft(late.dataset.late);
    if (draft && draft.text.trim()) {
      late.querySelector("textarea").value = draft.text;
      late.hidden = false;
      late.querySelector("button").addEventListener("click", () => {
        dropDraft(late.dataset.late);
        late.hidden = true;
      });
    }
  }

  // Writing ----------------------------------------------------------------------------------------------------------
  const form = document.querySelector("[data-sitting]");
  if (!form) return;
  const words = JSON.parse(document.getElementById("script-words").textContent);
  const find = (selector) => document.querySelector(selector);
  const text = form.elements.answer;
  const candidate = form.elements.candidate.value;
  const demo = candidate === "demo";
  const csrfCookie = form.dataset.csrfCookie;
  const status = find("[data-status]");
  const alertBox = find("[data-alert]");
  const note = find("[data-note]");
  const conflictBox = find("[data-conflict]");
  const otherBox = find("[data-other]");

  const page = {
    // As the server sent them: a browser that loads a page again may fill fields with what stood in them before.
    base: Number(form.elements.base.defaultValue), // the revision that this page goes on from
    savedText: text.defaultValue, // what the server holds, as far as this page knows
    savedAt: form.dataset.saved, // the server's clock
    since: form.dataset.since,
    sent: [], // texts on their way whose answer never came: meeting one of them again is no conflict
    timer: null,
    firstChange: 0,
    saving: null,
    refused: null, // a text that the server did not take: not sent again unchanged
    conflict: false,
    over: false,
    leaving: false,
  };

  const dirty = () => text.value !== page.savedText;

  const keepDraft = () => {
    if (demo) return;
    if (!dirty()) {
      dropDraft(candidate);
      return;
    }
    const draft = { text: text.value, base: page.base, sent: page.sent.slice(-2) };
    for (const attempt of [draft, { ...draft, sent: [] }]) {
      try {
        sessionStorage.setItem(draftKey(candidate), JSON.stringify(attempt));
        return;
      } catch {
        // The storage is full or forbidden: the page itself still holds the text.
      }
    }
  };

  const say = (element, ...parts) => element.replaceChildren(...parts);
  const element = (name, className, content) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(content);
    return made;
  };

  const showSaved = () => {
    if (page.savedAt) {
      say(
        status,
        element("span", "is-done", element("strong", "", words.saved)),
        " ",
        element("span", "quiet", page.savedAt),
      );
    }
    status.hidden = false;
    find("[data-extra]")?.removeAttribute("hidden");
    alertBox.dataset.said = "";
    say(alertBox);
  };

  const showNotSaved = (sentence) => {
    status.hidden = true;
    find("[data-extra]")?.setAttribute("hidden", ""); // one line is all that the bar has
    const head = words.notSaved.replace("{time}", page.since);
    if (alertBox.dataset.said === head + sentence) return; // said once, not every five seconds
    alertBox.dataset.said = head + sentence;
    const line = element("p", "", element("span", "is-warn", element("strong", "", head)));
    line.append(" ", sentence);
    say(alertBox, line);
  };

  const countWords = () => {
    const n = text.value.split(/\s+/).filter(Boolean).length;
    say(find("[data-words]"), n === 1 ? words.oneWord : words.words.replace("{n}", n));
  };

  // Time: the server says how many seconds are left; the page only counts them down.
  const clock = { endsAt: null, announced: null };
  const clockWords = (seconds) => {
    if (seconds > 0 && seconds < 60) return words.lastMinute;
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const parts = [];
    if (hours) parts.push(words.hours.replace("{hours}", hours));
    if (minutes || !hours) parts.push(words.minutes.replace("{minutes}", minutes));
    return parts.join(" ");
  };
  const setClock = (answer) => {
    if (demo || answer.left_ms === undefined) return;
    clock.endsAt = performance.now() + answer.left_ms;
    if (answer.ends) say(find("[data-ends]"), answer.ends);
    if (answer.extra !== undefined) say(find("[data-extra]"), answer.extra ? `, ${answer.extra}` : "");
    if (answer.left_ms > 0 && page.over && answer.standing === "in_progress") reopen();
    tick();
  };
  const secondsLeft = () => (clock.endsAt === null ? Infinity : (clock.endsAt - performance.now()) / 1000);
  const tick = () => {
    if (clock.endsAt === null) return;
    const left = Math.max(0, secondsLeft());
    const said = words.left.replace("{time}", clockWords(left));
    const shown = find("[data-left]");
    if (shown.textContent !== said) say(shown, said);
    for (const minutes of [1, 5, 10, 30]) {
      if (left > minutes * 60) continue;
      if (clock.announced === null || minutes < clock.announced) {
        if (clock.announced !== null) say(find("[data-announce]"), said);
        clock.announced = minutes;
      }
      break;
    }
    if (clock.announced === null && left > 1800) clock.announced = 60;
    if (left <= 8 && dirty() && !page.over) save(); // the last words go before the end, not after the pause in typing
    if (left <= 0 && !page.over) askWhetherOver();
  };

  const stop = (sentence) => {
    page.over = true;
    clearTimeout(page.timer);
    text.readOnly = true;
    find("[data-submit]").hidden = true;
    conflictBox.hidden = true;
    status.hidden = true;
    alertBox.dataset.said = "";
    const link = element("a", "ds-link", find("h1").textContent);
    link.href = location.pathname;
    const line = element("p", "", element("span", "is-warn", element("strong", "", sentence)));
    line.append(" ", link);
    say(alertBox, line);
  };
  const reopen = () => {
    page.over = false;
    text.readOnly = false;
    find("[data-submit]").hidden = false;
    showSaved();
    if (dirty()) save();
  };
  const ended = (submitted) => {
    keepDraft();
    if (!dirty()) {
      page.leaving = true;
      location.assign(location.pathname); // the receipt
      return;
    }
    stop(submitted ? words.submitted : words.overUnsaved.replace("{time}", page.since));
  };

  // The page's clock says that the time is over: the server may have given more meanwhile.
  const askWhetherOver = async () => {
    stop(words.over.replace("{time}", page.since));
    await look();
  };

  const look = async () => {
    try {
      const response = await post(form.dataset.seenAt, {}, csrfCookie);
      if (!response.ok) return;
      const answer = await response.json();
      if (!demo && answer.candidate !== candidate) return; // somebody else's clock
      setClock(answer);
      if (answer.standing === "submitted") ended(false);
    } catch (error) {
      if (!(error instanceof TypeError) && error.name !== "AbortError") throw error;
      if (!page.over) return;
      stop(words.overOffline.replace("{time}", page.since));
      setTimeout(look, AGAIN);
    }
  };

  // Saving
  const soon = () => {
    if (page.over || page.conflict) return;
    const now = performance.now();
    page.firstChange ||= now;
    clearTimeout(page.timer);
    page.timer = setTimeout(save, Math.max(0, Math.min(AFTER_TYPING, page.firstChange + AT_MOST - now)));
  };
  const later = () => {
    clearTimeout(page.timer);
    page.timer = setTimeout(save, AGAIN);
  };

  const save = () => {
    page.saving ??= saveNow().finally(() => {
      page.saving = null;
    });
    return page.saving;
  };

  // Returns whether the server holds what stands on the page.
  const saveNow = async () => {
    clearTimeout(page.timer);
    if (page.conflict || page.over) return false;
    if (!dirty()) return true;
    const typed = text.value;
    if (typed === page.refused) return false;
    page.firstChange = 0;
    keepDraft();
    let response;
    try {
      const keepalive = document.visibilityState === "hidden" && typed.length < KEEPALIVE / 4;
      response = await post(form.dataset.save, { answer: typed, base: page.base, candidate }, csrfCookie, keepalive);
    } catch (error) {
      if (!(error instanceof TypeError) && error.name !== "AbortError") throw error;
      return failed(typed, words.retry);
    }
    if (response.type === "opaqueredirect") return failed(typed, words.loggedOut);
    if (response.status === 403) return failed(typed, words.stale);
    if (response.status === 404) return failed(typed, words.gone);
    if (response.headers.get("Content-Type") !== "application/json") return failed(typed, words.retry);
    return answered(typed, await response.json());
  };

  const failed = (typed, sentence) => {
    if (page.sent.at(-1) !== typed) page.sent.push(typed);
    page.sent = page.sent.slice(-20);
    keepDraft();
    if (!page.over) {
      showNotSaved(sentence);
      later();
    }
    return false;
  };

  const answered = (typed, answer) => {
    if (answer.code !== "other") setClock(answer);
    if (answer.code === "saved") {
      page.base = answer.revision;
      page.savedText = typed;
      page.savedAt = page.since = answer.saved;
      page.sent = [];
      page.refused = null;
      keepDraft();
      if (!page.over) showSaved();
      if (dirty()) soon();
      return !dirty();
    }
    if (answer.code === "conflict") return conflict(answer);
    if (answer.code === "ended") {
      ended(false);
      return false;
    }
    if (answer.code === "other") return failed(typed, words.other);
    page.refused = typed;
    keepDraft();
    showNotSaved(answer.sentence);
    return false;
  };

  const conflict = (answer) => {
    page.base = answer.revision;
    if (page.sent.includes(answer.answer) || answer.answer === page.savedText) {
      page.savedText = answer.answer; // our own words, whose receipt was lost
      page.sent = [];
      later();
      soon();
      return false;
    }
    askWhichVersion(answer.answer, answer.revision, answer.saved);
    return false;
  };

  const askWhichVersion = (theirs, revision, saved) => {
    page.conflict = true;
    clearTimeout(page.timer);
    conflictBox.hidden = false;
    conflictBox.querySelector("[data-choices]").hidden = false;
    otherBox.hidden = false;
    otherBox.querySelector("textarea").value = theirs;
    showNotSaved(conflictBox.querySelector("h2").textContent + ".");
    const decide = (mine) => {
      page.conflict = false;
      page.base = revision;
      page.savedText = theirs;
      page.savedAt = page.since = saved || page.savedAt;
      if (!mine) {
        otherBox.querySelector("textarea").value = text.value;
        text.value = theirs;
      }
      conflictBox.hidden = true;
      countWords();
      keepDraft();
      if (dirty()) save();
      else showSaved();
      text.focus();
    };
    conflictBox.querySelector("[data-keep]").onclick = () => decide(true);
    conflictBox.querySelector("[data-take]").onclick = () => decide(false);
  };

  // Beginning
  text.addEventListener("input", () => {
    say(note);
    countWords();
    keepDraft();
    soon();
  });
  form.addEventListener("submit", async (event) => {
    if (demo) {
      page.leaving = true;
      return; // the words are counted on the next page, and kept nowhere
    }
    event.preventDefault();
    clearTimeout(page.timer);
    while (page.saving) await page.saving;
    if (await save()) {
      page.leaving = true;
      location.assign(form.action);
    }
  });
  addEventListener("beforeunload", (event) => {
    if (dirty() && !page.leaving && !demo) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (dirty()) save();
    if (document.visibilityState === "visible") look(); // the machine may have slept
  });
  addEventListener("online", () => {
    if (dirty()) save();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // a page from the browser's memory knows an old revision
  });

  const draft = demo ? null : readDraft(candidate);
  if (!conflictBox.hidden) {
    // The page came back from a save without script: what stands in the field is not what the server holds.
    askWhichVersion(otherBox.querySelector("textarea").value, page.base, page.savedAt);
  } else if (draft && draft.text !== page.savedText) {
    const theirs = page.savedText;
    const known = draft.base === page.base || draft.sent.includes(theirs);
    text.value = draft.text;
    countWords();
    if (known) {
      say(note, words.restored);
      soon();
    } else {
      askWhichVersion(theirs, page.base, page.savedAt);
    }
  } else {
    dropDraft(candidate);
    text.value = page.savedText;
  }
  if (form.dataset.leftMs !== undefined) setClock({ left_ms: Number(form.dataset.leftMs) });
  setInterval(tick, 1000);
  setInterval(look, SIGN_OF_LIFE);
})();
