// The candidate's pages: the answer is saved as it is typed, the time left is the server's, open pages give a sign of
// life. The pages work without it: then "Save" and "Submit" are buttons of a form.
(() => {
  "use strict";

  const AFTER_TYPING = 1500; // ms of rest after which a save begins
  const AT_MOST = 5000; // ms after which it begins while somebody goes on typing
  const AGAIN = 5000; // ms between two tries when the line is gone
  const GIVE_UP = 15000; // ms without an answer that count as a line that is gone
  const SIGN_OF_LIFE = 60000;
  const WHILE_WRITING = 45000; // ms between two looks at the time that is left: incident time is given meanwhile
  const NEAR_THE_END = 15000; // the same in the last five minutes, and after the end
  const LAST_MINUTES = 300; // seconds
  // Seconds before the end at which the page saves without waiting for a pause in typing. Each page has its own:
  // 1500 pages that save in one and the same second would keep each other from being in time.
  const LAST_CALLS = [2 + 6 * Math.random(), 0.5 + Math.random()];
  const LONGEST_TIMER = 2 ** 31 - 1; // ms; longer ones fire at once
  const NEARLY_FULL = 0.9; // of the longest answer: from here on the page says how much room is left
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

  const say = (element, ...parts) => element.replaceChildren(...parts);
  // Characters as the server counts them: code points, not the halves of which some are made here.
  const characters = (value) => {
    let count = value.length;
    for (let place = 1; place < value.length; place += 1) {
      if ((value.charCodeAt(place) & 0xfc00) === 0xdc00 && (value.charCodeAt(place - 1) & 0xfc00) === 0xd800) count -= 1;
    }
    return count;
  };
  const figure = (number) => number.toLocaleString(document.documentElement.lang || "en");
  const scriptWords = document.getElementById("script-words");
  const words = scriptWords ? JSON.parse(scriptWords.textContent) : {};
  const clockWords = (seconds) => {
    if (seconds > 0 && seconds < 60) return words.lastMinute;
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const parts = [];
    if (hours) parts.push(words.hours.replace("{hours}", hours));
    if (minutes || !hours) parts.push(words.minutes.replace("{minutes}", minutes));
    return parts.join(" ");
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
    // A page that answered a form is not loaded again as it is: the browser would ask whether to send the form again.
    const again = () => (watched.dataset.page ? location.assign(watched.dataset.page) : location.reload());
    const look = async () => {
      try {
        const response = await post(watched.dataset.seen, {}, "");
        if (response.type === "opaqueredirect" || response.status === 404) {
          again();
          return;
        }
        if (!response.ok) return;
        const answer = await response.json();
        const state = answer.state ?? `${answer.standing} ${answer.ends} ${answer.extra}`.trim();
        if (state !== watched.dataset.state.trim()) again();
      } catch (error) {
        if (!(error instanceof TypeError) && error.name !== "AbortError") throw error;
        // The line is gone; the next minute asks again.
      }
    };
    setInterval(look, SIGN_OF_LIFE);
  }

  // "Submit your answer?": the time goes on. At the end the page is asked for again, and leads to the receipt.
  const asked = document.querySelector("[data-left-to-submit]");
  if (asked) {
    const endsAt = performance.now() + Number(asked.dataset.leftToSubmit);
    const patience = 500 + Math.random() * 2000; // not 1500 pages at once
    const timer = setInterval(() => {
      const left = endsAt - performance.now();
      const said = clockWords(Math.max(0, left) / 1000);
      if (asked.textContent !== said) say(asked, said);
      if (left > -patience) return;
      clearInterval(timer);
      location.assign(location.pathname);
    }, 1000);
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

  const drafts = () => {
    try {
      return Object.keys(sessionStorage)
        .filter((key) => key.startsWith(draftKey("")))
        .map((key) => key.slice(draftKey("").length));
    } catch {
      return [];
    }
  };
  const form = document.querySelector("[data-sitting]");
  const late = document.querySelector("[data-late]");
  const here = form?.elements.candidate.value ?? late?.dataset.late;
  const owner = document.querySelector("[data-owner]")?.dataset.owner;
  for (const one of drafts()) {
    // Another person sat here before: the computers of a hall are shared.
    if (owner && one !== here && readDraft(one)?.owner !== owner) dropDraft(one);
  }

  // Logging out leaves no text behind. A test whose page holds some is gone to first: it saves, or asks.
  const LOG_OUT = "deliver-log-out";
  const logOutForm = document.querySelector(".who form");
  const logOutNow = () => {
    const rest = drafts().map(readDraft).find((draft) => draft?.path && draft.text.trim());
    if (rest) {
      sessionStorage.setItem(LOG_OUT, rest.path);
      location.assign(rest.path);
      return;
    }
    const field = logOutForm.elements.csrfmiddlewaretoken;
    field.value = token(form?.dataset.csrfCookie);
    logOutForm.submit();
  };
  const wasLoggingOut = () => {
    try {
      const path = sessionStorage.getItem(LOG_OUT);
      sessionStorage.removeItem(LOG_OUT);
      return path === location.pathname;
    } catch {
      return false;
    }
  };

  if (late) {
    const draft = readDraft(late.dataset.late);
    const squashed = (words) => words.replace(/\s+/g, "");
    const handedIn = document.querySelector("[data-answer]").textContent;
    if (draft && squashed(draft.text) === squashed(handedIn)) {
      dropDraft(late.dataset.late); // it came through; only the receipt did not
    } else if (draft && draft.text.trim()) {
      late.querySelector("textarea").value = draft.text;
      late.hidden = false;
      late.querySelector("button").addEventListener("click", () => {
        dropDraft(late.dataset.late);
        late.hidden = true;
      });
    }
  }
  if (!form && logOutForm) {
    logOutForm.addEventListener("submit", (event) => {
      event.preventDefault();
      if (late) dropDraft(late.dataset.late); // it stands on this page, with the sentence that says so
      logOutNow();
    });
    if (late && late.hidden && wasLoggingOut()) logOutNow();
  }

  // Writing ----------------------------------------------------------------------------------------------------------
  if (!form) return;
  const find = (selector) => document.querySelector(selector);
  const text = form.elements.answer;
  const candidate = form.elements.candidate.value;
  const demo = candidate === "demo";
  const longest = Number(form.dataset.longest);
  const csrfCookie = form.dataset.csrfCookie;
  const status = find("[data-status]");
  const alertBox = find("[data-alert]");
  const note = find("[data-note]");
  const conflictBox = find("[data-conflict]");
  const chooseFirst = find("[data-choose]");
  const otherBox = find("[data-other]");
  const leaveBox = find("[data-leave]");
  find("[data-with-script]").hidden = false;

  const page = {
    // As the server sent them: a browser that loads a page again may fill fields with what stood in them before.
    base: Number(form.elements.base.defaultValue), // the revision that this page goes on from
    // What the server holds, as far as this page knows; null where the page came back with a text that was refused.
    savedText: "unsaved" in form.dataset ? null : text.defaultValue,
    savedAt: form.dataset.saved, // the server's clock
    since: form.dataset.since,
    sent: [], // texts on their way whose answer has not come: meeting one of them again is no conflict
    timer: null,
    firstChange: 0,
    saving: null,
    refused: null, // a text that the server did not take: not sent again unchanged
    trouble: "", // why the last try to save came to nothing, as a sentence
    tooMany: 0, // characters beyond the longest answer
    stale: false, // the server holds something newer than this page knows of
    elsewhere: "", // the sentence that says which other device writes
    takesOver: false, // the next save makes this device the one that writes
    conflict: false,
    over: false,
    submitted: false, // from elsewhere: over, whatever the clock says
    leaving: false,
    loggingOut: false,
    thrownAway: false,
  };

  // While a text is on its way nobody knows what the server holds, even if the page is back at what it held before.
  const dirty = () => text.value !== page.savedText || page.sent.length > 0 || page.stale;

  const keepDraft = () => {
    if (demo || page.thrownAway) return;
    if (!dirty()) {
      dropDraft(candidate);
      return;
    }
    const draft = {
      text: text.value,
      base: page.base,
      sent: page.sent.slice(-3), // a page that is loaded again at once meets what this one has just sent
      owner,
      path: location.pathname,
    };
    for (const attempt of [draft, { ...draft, sent: [] }]) {
      try {
        sessionStorage.setItem(draftKey(candidate), JSON.stringify(attempt));
        return;
      } catch {
        // The storage is full or forbidden: the page itself still holds the text.
      }
    }
  };

  const element = (name, className, content) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(content);
    return made;
  };

  const showSaved = () => {
    // A demo test keeps nothing: its bar goes on saying so.
    if (page.savedAt && !demo) {
      say(
        status,
        element("span", "is-done", element("strong", "", words.saved)),
        " ",
        element("span", "quiet", page.savedAt),
      );
    }
    status.hidden = false;
    alertBox.dataset.said = "";
    say(alertBox);
  };

  const showNotSaved = (sentence) => {
    status.hidden = true;
    const head = words.notSaved.replace("{time}", page.since);
    if (alertBox.dataset.said === head + sentence) return; // said once, not every five seconds
    alertBox.dataset.said = head + sentence;
    const line = element("p", "", element("span", "is-warn", element("strong", "", head)));
    line.append(" ", sentence);
    say(alertBox, line);
  };

  // What the bar says is decided here, by the first of these that holds, after whatever may have changed one of them:
  // over or submitted (stop() has said it), two versions, too long, another device writes, saved (the server holds what stands here), not
  // saved (a try failed or was refused), and being typed, where the time of the last save goes on standing there.
  const showBar = () => {
    find("[data-elsewhere]").hidden = !page.elsewhere || page.conflict || page.over;
    find("[data-with-script]").hidden = page.over || page.elsewhere !== "";
    if (page.over) return;
    if (page.conflict) showNotSaved(`${conflictBox.querySelector("h2").textContent}.`);
    else if (page.tooMany > 0) showNotSaved(tooLongWords());
    else if (page.elsewhere && dirty()) showNotSaved(page.elsewhere);
    else {
      if (!dirty()) {
        page.trouble = "";
        page.refused = null;
      }
      if (page.trouble) showNotSaved(page.trouble);
      else showSaved();
    }
  };
  const tooLongWords = () =>
    words.tooLong.replace("{n}", figure(page.tooMany)).replace("{most}", figure(longest));

  const measure = () => {
    const n = text.value.split(/\s+/).filter(Boolean).length;
    say(find("[data-words]"), n === 1 ? words.oneWord : words.words.replace("{n}", n));
    const wasTooLong = page.tooMany > 0;
    const near = longest * NEARLY_FULL;
    const length = text.value.length < near ? 0 : characters(text.value);
    page.tooMany = Math.max(0, length - longest);
    if (wasTooLong && !page.tooMany) page.trouble = words.shortAgain;
    const room = find("[data-room]");
    const shown = length >= near && !page.tooMany;
    const said = words.room.replace("{n}", figure(longest - length)).replace("{most}", figure(longest));
    if (shown && room.hidden) say(find("[data-announce]"), said); // once, not at every letter
    room.hidden = !shown;
    if (shown) say(room, said);
  };

  // Time: the server says how many seconds are left; the page only counts them down.
  const clock = { endsAt: null, announced: null, lastCalls: [] };
  const setClock = (answer) => {
    if (demo || answer.left_ms === undefined) return;
    clock.endsAt = performance.now() + answer.left_ms;
    clock.lastCalls.forEach(clearTimeout);
    clock.lastCalls = LAST_CALLS.map((seconds) => answer.left_ms - seconds * 1000)
      .filter((wait) => wait > 0 && wait < LONGEST_TIMER)
      .map((wait) => setTimeout(lastCall, wait));
    if (answer.ends) say(find("[data-ends]"), answer.ends);
    if (answer.extra !== undefined) say(find("[data-extra]"), answer.extra ? `, ${answer.extra}` : "");
    if (answer.left_ms > 0 && page.over && answer.standing === "in_progress") reopen();
    tick();
  };
  const secondsLeft = () => (clock.endsAt === null ? Infinity : (clock.endsAt - performance.now()) / 1000);
  const tick = () => {
    if (clock.endsAt === null || page.submitted) return;
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
    if (left <= 0 && !page.over) askWhetherOver();
  };

  const stop = (sentence) => {
    page.over = true;
    clearTimeout(page.timer);
    text.readOnly = true;
    find("[data-submit]").hidden = true;
    find("[data-with-script]").hidden = true; // nothing is saved as it is typed any more
    conflictBox.hidden = true;
    status.hidden = true;
    if (alertBox.dataset.said === sentence) return;
    alertBox.dataset.said = sentence;
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
    find("[data-with-script]").hidden = false;
    showBar();
    if (dirty()) save();
  };
  const ended = (submitted) => {
    keepDraft();
    if (!dirty()) {
      page.leaving = true;
      location.assign(location.pathname); // the receipt
      return;
    }
    page.submitted = submitted;
    find("[data-clock]").hidden = submitted; // time that is left would contradict the sentence
    stop(submitted ? words.submitted : words.overUnsaved.replace("{time}", page.since));
  };

  // The page's clock says that the time is over: the server may have given more meanwhile.
  const askWhetherOver = async () => {
    stop(words.over.replace("{time}", page.since));
    while (page.saving) await page.saving; // the last words may be in time
    await look();
  };

  const look = async () => {
    try {
      const response = await post(form.dataset.seenAt, {}, csrfCookie);
      if (!response.ok) return;
      const answer = await response.json();
      if (!demo && answer.candidate !== candidate) return; // somebody else's clock
      setClock(answer);
      if (!demo) hear(answer);
      if (answer.standing === "submitted") ended(answer.submitted);
      else if (answer.revision > page.base && !page.saving && !page.conflict && !page.over) {
        page.stale = true; // saving finds out what stands there now
        save();
      }
    } catch (error) {
      if (!(error instanceof TypeError) && error.name !== "AbortError") throw error;
      if (!page.over) return;
      stop(words.overOffline.replace("{time}", page.since));
      setTimeout(look, AGAIN);
    }
  };

  // Where else this candidate is logged in, and whether the test takes what is written there alone.
  const hear = (answer) => {
    const also = find("[data-also-on]");
    if (also.textContent !== answer.also_on) say(also, answer.also_on);
    also.hidden = !answer.also_on;
    if (page.takesOver || page.elsewhere === answer.elsewhere) return;
    page.elsewhere = answer.elsewhere;
    showBar();
    if (!page.elsewhere && dirty()) soon();
  };
  find("[data-take-over]").addEventListener("click", (event) => {
    event.preventDefault();
    page.elsewhere = "";
    page.takesOver = page.stale = true; // sent also where nothing was typed since
    save();
    text.focus();
  });

  // An idle page learns of incident time by looking only.
  const lookAgain = () => {
    const pause = secondsLeft() <= LAST_MINUTES ? NEAR_THE_END : WHILE_WRITING;
    setTimeout(async () => {
      await look();
      lookAgain();
    }, pause * (0.9 + 0.1 * Math.random()));
  };

  // Saving
  const lastCall = async () => {
    while (page.saving) await page.saving;
    if (dirty()) save();
  };
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
    const typed = text.value;
    if (!dirty() || page.tooMany > 0 || typed === page.refused || page.elsewhere) {
      if (dirty()) keepDraft();
      showBar();
      return !dirty();
    }
    page.firstChange = 0;
    if (page.sent.at(-1) !== typed) page.sent.push(typed); // before it goes: the page may be gone when it arrives
    page.sent = page.sent.slice(-20);
    keepDraft();
    let response;
    try {
      const keepalive = document.visibilityState === "hidden" && typed.length < KEEPALIVE / 4;
      const url = page.takesOver ? form.dataset.writeHere : form.dataset.save;
      response = await post(url, { answer: typed, base: page.base, candidate }, csrfCookie, keepalive);
    } catch (error) {
      if (!(error instanceof TypeError) && error.name !== "AbortError") throw error;
      return failed(words.retry);
    }
    if (response.type === "opaqueredirect") return failed(words.loggedOut);
    // Without its cookie the refusal comes from a browser whose cookies were deleted.
    if (response.status === 403) return failed(cookie(csrfCookie) ? words.stale : words.loggedOut);
    if (response.status === 404) return failed(words.gone);
    if (response.status === 413 || response.status === 400) return refused(typed, words.tooLarge);
    if (response.status >= 500) return failed(words.retry); // the database is away: nothing was refused
    if (response.headers.get("Content-Type") !== "application/json") return failed(words.retry);
    return answered(typed, await response.json());
  };

  const failed = (sentence) => {
    keepDraft();
    page.trouble = sentence;
    showBar();
    if (!page.over) later();
    return false;
  };
  // Sent again unchanged it would be refused again; anything else that is typed is sent.
  const refused = (typed, sentence) => {
    page.sent = page.sent.filter((sent) => sent !== typed); // this one the server certainly does not hold
    page.refused = typed;
    keepDraft();
    page.trouble = sentence;
    showBar();
    return false;
  };

  const answered = (typed, answer) => {
    if (answer.code !== "other") setClock(answer);
    page.stale = page.takesOver = false;
    if (answer.code === "elsewhere") {
      page.sent = page.sent.filter((sent) => sent !== typed); // as below
      page.elsewhere = answer.sentence;
      keepDraft();
      showBar();
      return false;
    }
    if (answer.code === "saved") {
      page.base = answer.revision;
      page.savedText = typed;
      page.savedAt = page.since = answer.saved;
      page.sent = [];
      page.refused = null;
      page.trouble = "";
      keepDraft();
      showBar();
      if (dirty()) soon();
      return !dirty();
    }
    if (answer.code === "conflict") return conflict(answer);
    if (answer.code === "other") return failed(words.other);
    if (answer.code === "ended") {
      page.sent = page.sent.filter((sent) => sent !== typed); // as below
      ended(answer.submitted);
      return false;
    }
    return refused(typed, answer.sentence);
  };

  const conflict = (answer) => {
    page.base = answer.revision;
    if (page.sent.includes(answer.answer) || answer.answer === page.savedText) {
      page.savedText = answer.answer; // our own words, whose receipt was lost
      page.savedAt = page.since = answer.saved || page.since;
      page.sent = [];
      return saveNow();
    }
    if (answer.restored) say(conflictBox.querySelector("[data-why]"), words.restoredByPlanner);
    askWhichVersion(answer.answer, answer.revision, answer.saved);
    return false;
  };

  const askWhichVersion = (theirs, revision, saved) => {
    page.conflict = true;
    page.sent = [];
    clearTimeout(page.timer);
    conflictBox.hidden = false;
    conflictBox.querySelector("[data-choices]").hidden = false;
    chooseFirst.hidden = true;
    otherBox.hidden = false;
    otherBox.querySelector("textarea").value = theirs;
    showBar();
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
      measure();
      keepDraft();
      if (dirty()) save();
      else showBar();
      text.focus();
    };
    conflictBox.querySelector("[data-keep]").onclick = () => decide(true);
    conflictBox.querySelector("[data-take]").onclick = () => decide(false);
  };

  // Beginning
  text.addEventListener("input", () => {
    say(note);
    measure();
    keepDraft();
    showBar();
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
    } else if (page.conflict) {
      chooseFirst.hidden = false;
      conflictBox.scrollIntoView();
      conflictBox.querySelector("h2").focus({ preventScroll: true });
    } else if (!page.over) {
      alertBox.dataset.said = ""; // said again: this is why nothing happened
      showBar();
      text.focus();
    }
  });
  // Logging out: nothing is thrown away, and nothing left behind, without being asked for.
  const logOut = async () => {
    if (page.loggingOut) return;
    page.loggingOut = true;
    leaveBox.hidden = true;
    text.readOnly = true;
    say(note, words.leaving);
    while (page.saving) await page.saving;
    const saved = demo || (await save());
    page.loggingOut = false;
    say(note);
    if (saved) {
      throwAway();
      return;
    }
    text.readOnly = page.over;
    say(leaveBox.querySelector("[data-words-left]"), words.leaveUnsaved.replace("{time}", page.since));
    leaveBox.querySelector("[data-leave-again]").hidden = page.over;
    leaveBox.hidden = false;
    leaveBox.focus();
  };
  const throwAway = () => {
    page.leaving = page.thrownAway = true;
    dropDraft(candidate);
    logOutNow();
  };
  logOutForm.addEventListener("submit", (event) => {
    event.preventDefault();
    logOut();
  });
  leaveBox.querySelector("[data-leave-again]").addEventListener("click", logOut);
  leaveBox.querySelector("[data-leave-unsaved]").addEventListener("click", throwAway);
  leaveBox.querySelector("[data-leave-not]").addEventListener("click", () => {
    leaveBox.hidden = true;
    text.focus();
  });
  addEventListener("beforeunload", (event) => {
    if (dirty() && !page.leaving && !demo) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (page.thrownAway) return;
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
  } else if (page.savedText === null) {
    text.value = text.defaultValue;
    measure();
    showBar();
    soon();
  } else if (draft && (draft.text !== page.savedText || draft.base === page.base)) {
    const theirs = page.savedText;
    const known = draft.base === page.base || draft.sent.includes(theirs);
    // What goes on from this revision may still be on its way; what went on from an older one comes too late.
    if (draft.base === page.base) page.sent = draft.sent;
    text.value = draft.text;
    measure();
    if (!known) {
      askWhichVersion(theirs, page.base, page.savedAt);
    } else {
      if (draft.text !== theirs) say(note, words.restored);
      showBar();
      if (dirty()) soon();
    }
  } else {
    dropDraft(candidate);
    text.value = page.savedText;
    measure();
  }
  if (form.dataset.leftMs !== undefined) setClock({ left_ms: Number(form.dataset.leftMs) });
  setInterval(tick, 1000);
  lookAgain();
  if (wasLoggingOut()) logOut();
})();
