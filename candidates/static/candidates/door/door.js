// The door desk on a phone: finds people in the list that it has, marks them at once, and goes on without network.
// Without this script each search and each mark is a page of the server.

import { repeat } from "../shared/polling.js";
import { isLineGone, post } from "../shared/server.js";
import { find } from "./find.js";
import { Marks } from "./marks.js";
import { People, said, stateOf, TAKEN } from "./state.js";

const EVERY = 15_000; // ms between two looks for what other phones have marked
const SOON = 4_000; // ms until what waits is tried again
const GIVE_UP = 10_000; // ms without an answer to a look
const MOST_SHOWN = 25;
const LAST = 3;

// randomUUID is there for pages that came over https alone
const nonce = () =>
  crypto.randomUUID?.() ??
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const open = (desk) => {
  const { owner, test, zone, csrfCookie, address } = desk.dataset;
  const words = JSON.parse(document.getElementById("door-words").textContent);
  const ahead = Number(desk.dataset.now) - Date.now(); // the server's clock, as this page came
  const clocks = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const clock = (at) => clocks.format(new Date(at));
  const now = () => Date.now() + ahead;
  const finder = desk.querySelector(".finder");
  const shown = desk.querySelector("[data-shown]");
  const line = desk.querySelector("[data-line]");
  const last = desk.querySelector("[data-last]");
  const people = new People();
  let read = now(); // of when the list is
  let isRead = false;
  let isWhole = false; // who is on the list: then only what is marked is asked for
  let current = shown.querySelector("[data-candidate]")?.dataset.candidate ?? "";
  let showing = () => {}; // shows again what is shown, after something has changed
  const done = []; // the last marks of this page, the newest first
  let told = "";

  const copy = (name) => document.getElementById(name).content.cloneNode(true).firstElementChild;
  const part = (box, name) => box.querySelector(`[data-part="${name}"]`);
  const put = (box, name, text) => {
    part(box, name).textContent = text;
  };

  // Whose mark was not taken and why, with the note that would be lost.
  const whyOf = ([mark, sentence]) => {
    const id = people.one(mark.candidate)?.id ?? "";
    const about = !id || sentence.startsWith(id) ? sentence : `${id}: ${sentence}`;
    return mark.text ? `${about} ‘${mark.text}’` : about;
  };

  const marks = new Marks({
    owner,
    test,
    send: (batch) => post(desk.dataset.marks, { marks: JSON.stringify(batch) }, { csrfCookie }),
    told: (refused) => {
      if (refused?.length) told = said(words.refused, { why: refused.map(whyOf).join(" ") });
      showLine();
      if (refused?.length) {
        isWhole = false; // the list here says what the server did not take
        look();
      }
    },
  });

  // --- the line under the search: no network, logged out, not stored ---
  const showLine = () => {
    const waiting = marks.waiting.length;
    let lead = "";
    let text = "";
    if (marks.isLoggedOut) text = said(words.logged_out, { n: waiting });
    else if (marks.held !== null && waiting) text = said(words.held, { n: waiting, why: marks.held });
    else if (marks.since !== null) {
      lead = said(words.offline, { t: clock(marks.since + ahead) });
      const kept = waiting === 0 ? words.kept_none : waiting === 1 ? words.kept_one : words.kept_many;
      text = said(kept, { n: waiting, t: clock(read) });
      if (waiting && !marks.isKept) text += ` ${words.page_only}`;
    } else if (told || !marks.stuck) text = told;
    else text = said(words.stuck, { n: marks.stuck });
    const box = line.firstElementChild;
    if (!lead && !text) line.replaceChildren();
    else if (!box) line.append(filled(copy("door-alert"), lead, text));
    else filled(box, lead, text);
    for (const button of shown.querySelectorAll('[data-part="login"]')) setLogin(shown, button);
    for (const link of desk.querySelectorAll("[data-online]")) {
      if (marks.since === null) link.removeAttribute("aria-disabled");
      else link.setAttribute("aria-disabled", "true");
    }
  };
  const filled = (box, lead, text) => {
    for (const [name, value] of Object.entries({ lead, text })) {
      if (part(box, name).textContent !== value) put(box, name, value);
    }
    return box;
  };
  const setLogin = (box, button) => {
    const off = marks.since !== null;
    const why = part(box, "why");
    button.toggleAttribute("aria-disabled", off);
    if (off) button.setAttribute("aria-disabled", "true");
    if (off) button.setAttribute("aria-describedby", why.id);
    else button.removeAttribute("aria-describedby");
    why.hidden = !off || button.hidden;
  };

  const showCounts = () => {
    for (const [name, n] of Object.entries(people.counts)) {
      for (const place of document.querySelectorAll(`[data-count="${name}"]`)) {
        if (place.textContent !== String(n)) place.textContent = n;
      }
    }
  };

  // --- one candidate ---
  const press = (button, isPressed, isNext, on, off) => {
    button.setAttribute("aria-pressed", isPressed);
    button.value = isPressed ? off : on;
    if (isNext) delete button.dataset.variant;
    else button.dataset.variant = "secondary";
  };
  const fill = (box, row) => {
    box.dataset.candidate = row.key;
    for (const name of ["id", "name", "sits", "ends", "with", "ref"]) put(box, name, row[name] ?? "");
    part(box, "facts").hidden = !row.may;
    part(box, "sits").classList.toggle("is-warn", !row.here);
    part(box, "ref-box").hidden = !row.ref;
    put(box, "extra", row.extra ? said(words.extra, { n: row.extra }) : "");
    const kept = marks.waiting.some((mark) => mark.candidate === row.key && mark.about !== "note");
    const state = row.may ? stateOf(row, words, clock).map(([css, text]) => span(css, text)) : [];
    if (marks.since !== null && kept) state.push(span("quiet", words.kept));
    if (row.been) state.push(row.been);
    part(box, "state").replaceChildren(...state.flatMap((one) => [one, " "]));
    const is = { present: row.presence === "present", verified: row.idCheck === "verified" };
    press(part(box, "presence"), is.present, !is.present, "presence:present", "presence:not_set");
    press(part(box, "verified"), is.verified, is.present && !is.verified, "id_check:verified", "id_check:not_checked");
    press(part(box, "rejected"), row.idCheck === "rejected", false, "id_check:rejected", "id_check:not_checked");
    const login = part(box, "login");
    login.href = desk.dataset.login.replace("KEY", row.key);
    login.hidden = !row.login;
    part(box, "take-back").hidden = !row.back;
    part(box, "take-back").action = desk.dataset.back.replace("KEY", row.key);
    setLogin(box, login);
    part(box, "bigs").hidden = !row.may || !desk.dataset.open;
    part(box, "rest").hidden = part(box, "bigs").hidden;
    part(box, "elsewhere").hidden = row.may;
    const seat = part(box, "seat-here"); // by the server alone: two phones must not give one seat
    if (seat) seat.hidden = !row.roomless || part(box, "bigs").hidden || marks.since !== null;
    for (const field of box.querySelectorAll('[name="candidate"]')) field.value = row.key;
    return box;
  };
  const span = (css, text) => {
    const made = document.createElement("span");
    if (css) made.className = css;
    made.textContent = text;
    return made;
  };
  const showOne = (key, { focus = true } = {}) => {
    const row = people.one(key);
    if (!row) return false;
    const box = shown.querySelector(`[data-candidate="${key}"]`) ?? copy("door-found");
    fill(box, row);
    if (!box.isConnected) shown.replaceChildren(box);
    current = key;
    showing = () => showOne(key, { focus: false });
    if (focus) box.focus({ preventScroll: true });
    return true;
  };

  // --- several, or nobody ---
  const hit = (row) => {
    const item = copy("door-hit");
    const link = item.firstElementChild;
    link.href = `${address}${address.includes("?") ? "&" : "?"}candidate=${row.key}`;
    link.dataset.key = row.key;
    put(item, "id", row.id);
    put(item, "name", row.name);
    const short = { present: words.short_present, absent: words.short_absent }[row.presence] ?? words.short_not_here;
    const seat = row.seat ? `${said(words.seat, { seat: row.seat })} · ` : "";
    put(item, "short", row.here ? `${seat}${short}` : row.sits);
    return item;
  };
  const showSeveral = (rows, heading, isSearch) => {
    const box = copy("door-hits");
    box.querySelector("h2").textContent = heading;
    part(box, "help").hidden = !isSearch;
    box.querySelector("ul").append(...rows.slice(0, MOST_SHOWN).map(hit));
    const more = rows.length - MOST_SHOWN;
    part(box, "more").hidden = more <= 0;
    put(box, "more", said(words.more, { n: more }));
    shown.replaceChildren(box);
    current = "";
  };
  const search = (typed, { focus = true } = {}) => {
    if (!typed) return next();
    const rows = find(people.all, typed, people.names);
    if (rows.length === 1) return showOne(rows[0].key, { focus });
    showing = () => search(typed, { focus: false });
    if (rows.length) showSeveral(rows, said(words.found, { n: rows.length, q: typed }), true);
    else {
      const box = copy("door-nobody");
      box.querySelector("h2").textContent = said(words.nobody, { q: typed });
      const spare = part(box, "spare");
      if (spare) spare.href = `${spare.href.replace(/q=[^&]*$/, "")}q=${encodeURIComponent(typed)}`;
      shown.replaceChildren(box);
      current = "";
    }
    if (focus) shown.firstElementChild.focus({ preventScroll: true });
  };
  const listing = (name) => {
    const rows = people[name];
    showing = () => listing(name);
    showSeveral(rows, said(words[name], { n: rows.length }), false);
  };
  const next = () => {
    shown.replaceChildren();
    current = "";
    told = "";
    showing = () => {};
    showLine();
    finder.elements.q.value = "";
    finder.elements.q.focus();
    scrollTo(0, 0);
  };

  // --- marks ---
  const make = (candidate, about, value, text = "") => {
    const mark = { nonce: nonce(), candidate, about, value, text, at: now() };
    told = "";
    people.mark(mark);
    if (about !== "note") remember(mark);
    showCounts();
    showing();
    marks.add(mark).then(() => current && showing()); // whoever is shown by then
  };
  const remember = (mark) => {
    const same = done.findIndex((one) => one.candidate === mark.candidate && one.about === mark.about);
    if (same >= 0) done.splice(same, 1);
    if (mark.value !== TAKEN[mark.about]) done.unshift(mark);
    const items = done.slice(0, LAST).map((one) => {
      const item = document.createElement("li");
      const row = people.one(one.candidate);
      const id = document.createElement("b");
      id.textContent = row?.id ?? "";
      const text = document.createElement("span");
      text.append(id, " ", span("quiet", said(words[`last_${one.value}`] ?? "", { t: clock(one.at) })));
      const undo = document.createElement("button");
      undo.type = "button";
      undo.className = "ds-link small";
      undo.append(words.undo, span("ds-sr-only", ` ${said(words.undo_for, { id: row?.id ?? "" })}`));
      undo.addEventListener("click", () => make(one.candidate, one.about, TAKEN[one.about]));
      item.append(text, undo);
      return item;
    });
    if (items.length) last.querySelector("ul").replaceChildren(...items);
    last.hidden = last.hidden && !items.length;
  };

  // --- what other phones have marked ---
  const look = async () => {
    try {
      const stop = AbortSignal.timeout(GIVE_UP);
      const { people: url } = desk.dataset;
      const address = isWhole ? `${url}${url.includes("?") ? "&" : "?"}marks` : url;
      const response = await fetch(address, { redirect: "manual", signal: stop, cache: "no-store" });
      if (response.type === "opaqueredirect") {
        marks.isLoggedOut = true;
        return showLine();
      }
      if (response.status === 403 || response.status === 404) return marks.hold("");
      if (!response.ok) return marks.gone();
      const answer = await response.json();
      if (answer.people) people.take(answer, marks.waiting);
      isWhole = answer.people ? true : people.update(answer.marks, marks.waiting); // else everybody is asked for again
      read = now();
      isRead = true;
      marks.back();
      showCounts();
      if (current) showing();
      if (marks.waiting.length) await marks.flush();
    } catch (error) {
      if (!isLineGone(error) && !["TimeoutError", "SyntaxError"].includes(error.name)) throw error;
      marks.gone();
    }
  };

  // A mark is taken by its buttons even before the list is here: then the server answers with a page.
  desk.addEventListener("submit", (event) => {
    if (!isRead) return;
    const form = event.target;
    if (form === finder) {
      event.preventDefault();
      search(finder.elements.q.value.trim());
    } else if (form === last) {
      const [candidate, mark] = (event.submitter?.value ?? "").split(" ");
      event.preventDefault();
      make(candidate, ...mark.split(":"));
      event.submitter.remove();
    } else if (!form.closest("[data-candidate]") || ["seat-here", "take-back"].includes(form.dataset.part)) {
      if (marks.since !== null) event.preventDefault(); // the page comes from the server
    } else {
      const [about, value] = (event.submitter?.value ?? "").split(":");
      const key = form.elements.candidate.value;
      const text = form.elements.text?.value.trim() ?? "";
      if (about === "note" && !text) return; // the server says what is missing
      event.preventDefault();
      make(key, about, value, text);
      if (about === "note") {
        form.elements.text.value = "";
        put(form, "noted", words.note_kept);
      }
    }
  });
  desk.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    if (link.getAttribute("aria-disabled") === "true") event.preventDefault();
    else if (isRead && link.dataset.key && showOne(link.dataset.key)) event.preventDefault();
    else if (isRead && link.dataset.list) {
      event.preventDefault();
      listing(link.dataset.list);
    }
  });
  document.querySelector("[data-next]").addEventListener("click", (event) => {
    if (!isRead) return;
    event.preventDefault();
    next();
  });
  addEventListener("online", () => look());

  marks
    .begin()
    .then(look)
    .then(() => {
      if (current) showOne(current, { focus: false });
    });
  repeat(look, () => (marks.isDue || marks.since !== null ? SOON : EVERY));
  return { people, marks };
};

const desk = document.querySelector("[data-door]");
if (desk) open(desk);
