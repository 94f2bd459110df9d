// What a phone knows of the people at a door: as the server said it, and the marks that are on their way.

const TIMES = { presence: "presenceAt", idCheck: "idCheckAt" };
const COLUMN = { presence: "presence", id_check: "idCheck" };
export const TAKEN = { presence: "not_set", id_check: "not_checked" };

export class People {
  names = true;
  #rows = new Map();

  // people: as the server sent them. waiting: marks that it does not have yet, which count here already.
  take({ people, names }, waiting) {
    this.names = names;
    this.#rows = new Map(people.map((row) => [row.key, row]));
    for (const mark of waiting) this.mark(mark);
  }

  // What other phones have marked at this door since. Returns false where somebody is here who was not on the list.
  update(marks, waiting) {
    const known = Object.entries(marks).every(
      ([key, now]) => Object.assign(this.#rows.get(key) ?? {}, now).key === key,
    );
    for (const mark of waiting) this.mark(mark);
    return known && this.here.every((row) => row.key in marks);
  }

  get all() {
    return [...this.#rows.values()];
  }

  get here() {
    return this.all.filter((row) => row.here);
  }

  one(key) {
    return this.#rows.get(key);
  }

  // Of two marks about the same thing the later pressed one counts.
  mark({ candidate, about, value, at }) {
    const row = this.#rows.get(candidate);
    const column = COLUMN[about];
    if (!row || !column || at < row[TIMES[column]]) return;
    row[column] = value;
    row[TIMES[column]] = at;
  }

  get counts() {
    const here = this.here;
    const present = here.filter((row) => row.presence === "present");
    return {
      here: here.length,
      present: present.length,
      missing: here.length - present.length,
      unchecked: present.filter((row) => row.idCheck !== "verified").length,
    };
  }

  get missing() {
    return this.here.filter((row) => row.presence !== "present");
  }

  get unchecked() {
    return this.here.filter((row) => row.presence === "present" && row.idCheck !== "verified");
  }
}

export const said = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_whole, name) => values[name] ?? "");

// What was marked of somebody: parts of a sentence, each with its class (pages/door/lines.py says the same).
export const stateOf = (row, words, clock) => {
  const parts = [];
  const part = (css, word, at) => parts.push([css, said(words[word], { t: at ? clock(at) : "" })]);
  if (row.presence === "present") part("is-done", "present", row.presenceAt);
  else if (row.presence === "absent") part("is-warn", "absent", row.presenceAt);
  else part("", "not_here");
  if (row.idCheck === "verified") part("is-done", "verified", row.idCheckAt);
  else if (row.idCheck === "rejected") part("is-fail", "rejected", row.idCheckAt);
  return parts;
};
