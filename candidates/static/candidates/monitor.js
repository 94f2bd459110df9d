// Monitor's live table: pause, say when there is no news, and keep focus, ticks and scroll when the rows are swapped.
// Without it the page stands still and says when it was read.
import { onFailure } from "./shared/failures.js";

const SILENT_AFTER = 40_000; // ms: two polls and a bit without an answer
const SPEAK_EVERY = 30_000; // ms: a screen reader is not interrupted more often
const MOST_NAMED = 20; // of those who are ticked and not shown

const watch = (box, watched) => {
  const words = box.dataset;
  const [dot, state, since] = ["dot", "state", "since"].map((name) => box.querySelector(`[data-part="${name}"]`));
  const button = box.querySelector("button");
  const said = document.querySelector("[data-said]");
  const reload = document.querySelector("[data-reload]");

  let paused = false;
  let silent = false;
  let heard = Date.now();
  let spoke = Date.now();
  let updated = document.getElementById("counts").dataset.updated;
  let summary = document.getElementById("counts").dataset.words;

  const show = () => {
    dot.hidden = paused || silent;
    state.textContent = silent ? words.silent.replace("{t}", updated) : paused ? words.paused : words.live;
    state.classList.toggle("is-warn", silent);
    since.textContent = silent ? "" : words.updated.replace("{t}", updated);
    button.textContent = paused ? words.resume : words.pause;
    reload.hidden = !silent;
  };
  const speak = (text) => {
    said.textContent = text;
    spoke = Date.now();
  };
  const fallSilent = () => {
    if (silent || paused) return;
    silent = true;
    show();
    speak(state.textContent);
  };

  button.addEventListener("click", () => {
    paused = !paused;
    silent = false;
    heard = Date.now();
    show();
    if (!paused) window.htmx.trigger(watched, "news");
  });
  const mine = (event) => event.detail.elt === watched || event.target === watched;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (mine(event) && paused) event.preventDefault();
  });
  onFailure((event) => mine(event) && fallSilent());
  setInterval(() => Date.now() - heard > SILENT_AFTER && fallSilent(), 5_000);

  // Ticks stay when a swap takes their rows away: who is on the test still is ticked and not shown, and comes back.
  const form = watched.closest("form");
  const away = form.querySelector("[data-picked]");
  const gone = form.querySelector("[data-gone]");
  const boxes = () => [...watched.querySelectorAll("tbody .tick input")];
  const counted = (place, n) => (n === 1 ? place.dataset.one : place.dataset.many).replace("{n}", n);
  const ticks = () => [
    ...boxes()
      .filter((tick) => tick.checked)
      .map((tick) => tick.value),
    ...form.elements.picked.value.split(",").filter(Boolean),
  ];
  document.addEventListener("htmx:configRequest", (event) => {
    if (mine(event) && ticks().length) event.detail.parameters.ticked = "1";
  });
  const keepTicks = (ticked, names) => {
    const left = new Set(ticked);
    for (const tick of boxes()) tick.checked = left.delete(tick.value);
    // Who is on the test and not shown; not there when nobody was ticked yet as it was asked for.
    const others = watched.querySelector("[data-others]")?.dataset.others.split("\n");
    if (others) names = new Map(others.map((line) => [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1)]));
    const hidden = [...left].filter((one) => names.has(one));
    form.elements.picked.value = hidden.join(",");
    away.hidden = !hidden.length;
    const summary = away.querySelector("summary");
    summary.textContent = counted(summary, hidden.length);
    const named = away.querySelector("[data-names]");
    const first = hidden.slice(0, MOST_NAMED).map((one) => names.get(one));
    const more = hidden.length - first.length;
    named.textContent = first.join(", ") + (more ? ` ${named.dataset.more.replace("{n}", more)}` : "");
    if (others && left.size > hidden.length) {
      gone.textContent = counted(gone, left.size - hidden.length);
      gone.classList.add("is-warn");
      gone.hidden = false;
      speak(gone.textContent);
    }
  };

  // What is recognised again after a swap: the same kind of thing with the same value, address or action.
  const key = (element) =>
    ["name", "value", "href", "formaction"].map((name) => element.getAttribute(name) ?? "").join("\n");
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== watched) return;
    // Somebody whose session has ended is sent to the login page; its answer is no news.
    const live = new URL(event.detail.xhr.responseURL, location.href).pathname.endsWith("/live/");
    if (!live || paused) {
      event.detail.shouldSwap = false;
      if (!live) fallSilent();
      return;
    }
    const focused = document.activeElement;
    const swapped = watched.contains(focused) || focused?.closest("#counts");
    kept = {
      ticked: ticks(),
      names: new Map(
        boxes()
          .filter((tick) => tick.checked)
          .map((tick) => [tick.value, tick.closest("tr").querySelector(".id a").textContent]),
      ),
      focus: swapped ? { tag: focused.tagName, key: key(focused) } : null,
      scroll: [scrollX, scrollY],
    };
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== watched || !kept) return;
    keepTicks(kept.ticked, kept.names);
    if (kept.focus) {
      const { tag, key: wanted } = kept.focus;
      const again = [...document.querySelectorAll(`#watched ${tag}, #counts ${tag}`)].find((e) => key(e) === wanted);
      (again ?? watched).focus({ preventScroll: true });
    }
    scrollTo(...kept.scroll);
    kept = null;
    heard = Date.now();
    silent = false;
    const counts = document.getElementById("counts").dataset;
    updated = counts.updated;
    show();
    if (counts.words !== summary && Date.now() - spoke >= SPEAK_EVERY) {
      summary = counts.words;
      speak(summary);
    }
  });

  show();
  box.hidden = false;
  document.querySelector("[data-still]").hidden = true;
};

const box = document.querySelector("[data-live]");
const watched = document.getElementById("watched");
if (box && watched && window.htmx) watch(box, watched);
