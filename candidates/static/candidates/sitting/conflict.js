// Two versions of an answer: which of them is whose, and the choice between them. Nothing is thrown away unasked.

// Is what the server holds this page's own words, whose receipt was lost?
export const isOwn = (theirs, { sent, savedText }) => sent.includes(theirs) || theirs === savedText;

// What becomes of a draft on a page that came with another text and revision: "settled" (there is nothing in it that
// the server lacks), "goes on", or "two versions", which the candidate chooses between.
export const judge = (draft, { base, savedText }) => {
  if (draft.text === savedText && draft.base !== base) return "settled";
  return draft.base === base || draft.sent.includes(savedText) ? "goes on" : "two versions";
};

// Makes in `onto` the change that turned `from` into `to`: what is typed while a draft is looked for is typed into it.
// Where that place is not in `onto`, what was typed stands at its end.
export const rebase = (from, to, onto) => {
  const shorter = Math.min(from.length, to.length);
  let start = 0;
  while (start < shorter && from[start] === to[start]) start += 1;
  let end = 0;
  while (end < shorter - start && from.at(-1 - end) === to.at(-1 - end)) end += 1;
  const removed = from.slice(start, from.length - end);
  const typed = to.slice(start, to.length - end);
  const isSamePlace = end > 0 || removed !== "";
  if (isSamePlace && onto.startsWith(from.slice(0, start) + removed)) {
    return onto.slice(0, start) + typed + onto.slice(start + removed.length);
  }
  return onto + typed;
};

// Shows both versions, and calls `decide` with true for the one on this page and false for the other.
export const askWhichVersion = ({ panel, choose, other }, theirs, decide) => {
  panel.hidden = false;
  panel.querySelector("[data-choices]").hidden = false;
  choose.hidden = true;
  other.hidden = false;
  other.querySelector("textarea").value = theirs;
  panel.querySelector("[data-keep]").onclick = () => decide(true);
  panel.querySelector("[data-take]").onclick = () => decide(false);
};
