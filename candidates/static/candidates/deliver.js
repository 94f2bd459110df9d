// What the pages do not do by themselves: focus the error summary, close menus, count and send ticks.
// The pages work without it: then each ticked box is sent by itself.

import { letCopy } from "./shared/copying.js";
import { forget, keysWith, recall } from "./shared/storage.js";

// Focus: what was refused is read first.
const focusProblems = () => document.querySelector("[data-focus], .ds-error-summary")?.focus();

letCopy(document, navigator.clipboard);

// Menus: Escape closes and gives the focus back, a click outside closes. A sheet lies in the flow and stays.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]") ?? document.querySelector("details.menu[open]:not(.sheet)");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]:not(.sheet)")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// Rows that were typed under "Add" (rows.js) stay in this tab until Manage shows that the server has taken them, or
// until somebody logs out.
const forgetRows = (isTaken) => keysWith("deliver-rows ").filter(isTaken).forEach(forget);
const loggedIn = document.querySelector(".who");
loggedIn?.addEventListener("submit", () => forgetRows(() => true));
if (loggedIn) {
  forgetRows((key) => {
    const here = key.startsWith(`deliver-rows ${location.pathname}add/one-time/`);
    return here && recall(key).includes('"sent":true');
  });
}

// Typing, pressing and scrolling is use: staff who write on one page for an hour are not logged out meanwhile, and
// who comes back too late is told before more is typed.
const HERE_EVERY = (loggedIn?.dataset.every ?? 60) * 1000; // ms
let told = performance.now(); // that this page was asked for
const tell = async () => {
  if (performance.now() - told < HERE_EVERY) return;
  told = performance.now();
  const body = new FormData(loggedIn.querySelector("form"));
  const answer = await fetch(loggedIn.dataset.here, { method: "POST", body, redirect: "manual" }).catch(() => null);
  const gone = answer && (answer.status === 409 || answer.type === "opaqueredirect");
  if (!gone || document.querySelector("[data-told]")) return;
  const said = document.createElement("div");
  said.className = "ds-alert";
  said.dataset.color = "warning";
  said.dataset.told = "";
  said.setAttribute("role", "alert");
  said.append(document.createElement("p"));
  said.firstChild.textContent = loggedIn.dataset.gone;
  document.getElementById("main").prepend(said);
};
if (loggedIn?.dataset.here) {
  for (const name of ["keydown", "pointerdown", "wheel"]) document.addEventListener(name, tell, { passive: true });
}

// A second press of a button within a second is a double click and no second wish: it would do the same once more,
// and its answer would hide the first one's.
const DOUBLE = 1000; // ms
const pressed = new WeakMap();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.getAttribute("method")?.toLowerCase() !== "post") return;
  const pressedHere = event.submitter ?? event.target;
  if (event.timeStamp - pressed.get(pressedHere) < DOUBLE) event.preventDefault();
  else pressed.set(pressedHere, event.timeStamp);
});

// Ticks.
const rows = (form) => [...form.querySelectorAll("tbody .tick input")];
const head = (form) => form.querySelector("thead .tick input");
const picked = (form) => (form.elements.picked?.value ?? "").split(",").filter(Boolean);
let last = null; // the box ticked last, where a range begins

const count = (form) => {
  const boxes = rows(form);
  const ticked = boxes.filter((box) => box.checked).length;
  const all = head(form);
  if (all) {
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  const status = form.querySelector(".ticked [data-words]");
  if (status) {
    const strong = status.querySelector("strong");
    const hidden = picked(form).length; // ticked before a search that hides them now
    const words =
      hidden && status.dataset.withHidden
        ? status.dataset.withHidden.replace("{n}", ticked + hidden).replace("{m}", hidden)
        : status.dataset.words.replace("{n}", ticked);
    if (strong.textContent !== words) strong.textContent = words;
  }
};

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches?.(".selects tbody .tick input")) return;
  const form = box.closest(".selects");
  if (event.shiftKey && last && last !== box && form.contains(last)) {
    const boxes = rows(form);
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
  }
  last = box;
});
document.addEventListener("change", (event) => {
  const form = event.target.closest?.(".selects");
  if (!form || !event.target.matches(".tick input")) return;
  if (event.target === head(form)) {
    for (const box of rows(form)) box.checked = event.target.checked;
  }
  count(form);
});
document.addEventListener("reset", (event) => {
  if (!event.target.matches(".selects")) return;
  last = null;
  // The boxes change after this event. "reset" gives back how the page came; nothing ticked is what was asked for.
  setTimeout(() => {
    for (const box of rows(event.target)) box.checked = false;
    const hidden = event.target.querySelector("[data-picked]");
    if (hidden) {
      event.target.elements.picked.value = "";
      hidden.hidden = true;
    }
    count(event.target);
  });
});
// The server takes at most 1000 fields: 1500 boxes go as one. Changing what is sent, not the boxes, keeps the ticks
// when the answer is a download, or when somebody comes back.
document.addEventListener("formdata", (event) => {
  const form = event.target;
  if (!form.matches(".selects")) return;
  const boxes = rows(form);
  for (const name of new Set(boxes.map((box) => box.name))) event.formData.delete(name);
  event.formData.delete("ids");
  // all_matching says it; but where rows come and go by themselves, those who are ticked are not as many others
  if (head(form)?.checked && !("moves" in form.dataset)) return;
  event.formData.delete("all_matching");
  event.formData.set(
    "ids",
    boxes
      .filter((box) => box.checked)
      .map((box) => box.value)
      .join(","),
  );
});

// The same of the ticks of a complete list, which stand in a form with other fields.
for (const box of document.querySelectorAll("[data-by-script]")) box.disabled = false;
document.addEventListener("formdata", (event) => {
  if (!event.formData.has("ticks_shown")) return;
  const boxes = [...event.target.querySelectorAll(".choose tbody .tick input")];
  const values = (some) => some.map((box) => box.value).join(",");
  event.formData.delete("tick");
  event.formData.set("ticks_shown", values(boxes));
  event.formData.set("ticks", values(boxes.filter((box) => box.checked)));
});

// Tables in which everything is ticked at first: the head ticks all, and figures beside the buttons follow the ticks.
const follow = (table) => {
  const boxes = [...table.querySelectorAll("tbody .tick input")];
  const ticked = boxes.filter((box) => box.checked);
  for (const part of table.querySelectorAll("thead .tick > [hidden]")) part.hidden = false;
  const all = table.querySelector("thead .tick input");
  all.checked = ticked.length === boxes.length;
  all.indeterminate = ticked.length > 0 && !all.checked;
  const sum = (name) => ticked.reduce((total, box) => total + Number(box.dataset[name]), 0);
  const papers = [...document.querySelectorAll("[name=paper]:checked")].map((paper) => paper.value);
  const each = document.querySelector("[name=layout]:checked")?.value === "page";
  const pages = papers.reduce((total, paper) => total + sum(paper === "slips" && each ? "each" : paper), 0);
  const changes = document.querySelectorAll(".choose tbody .tick input:checked").length;
  const figures = { rooms: ticked.length, slips: sum("slips"), sheets: sum("sheets"), pages, changes };
  for (const place of document.querySelectorAll("[data-counts]")) {
    const n = figures[place.dataset.counts] + Number(place.dataset.more ?? 0); // what is not shown counts as it came
    const words = (n === 1 ? place.dataset.one : place.dataset.many).replace("{n}", n);
    if (place.textContent !== words) place.textContent = words;
  }
};
document.addEventListener("change", (event) => {
  if (event.target.matches("[name=paper], [name=layout]")) document.querySelectorAll(".choose").forEach(follow);
  const table = event.target.closest?.(".choose");
  if (!table || !event.target.matches(".tick input")) return;
  if (event.target.closest("thead")) {
    for (const box of table.querySelectorAll("tbody .tick input")) box.checked = event.target.checked;
  }
  follow(table);
});

const countAll = () => {
  document.querySelectorAll(".selects").forEach(count);
  document.querySelectorAll(".choose").forEach(follow);
};
// Where all of very many rows are ticked, the page says so by the box in the head alone.
for (const form of document.querySelectorAll(".selects")) {
  if (head(form)?.defaultChecked) for (const box of rows(form)) box.checked = true;
}
addEventListener("pageshow", countAll); // browsers bring ticks back with the page
document.addEventListener("htmx:afterSettle", countAll);
focusProblems();
countAll();
