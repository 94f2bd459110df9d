// How long the answer is, and how much room is left.

import { characters, figure, say, wordCount } from "./text.js";

const NEARLY_FULL = 0.9; // of the longest answer: from here on the page says how much room is left

export class Length {
  #words = document.querySelector("[data-words]");
  #room = document.querySelector("[data-room]");
  #announce = document.querySelector("[data-announce]");

  constructor({ words, longest }) {
    Object.assign(this, { words, longest });
  }

  // Returns how many characters are too many.
  show(value) {
    const n = wordCount(value);
    say(this.#words, n === 1 ? this.words.oneWord : this.words.words.replace("{n}", n));
    const near = this.longest * NEARLY_FULL;
    const length = value.length < near ? 0 : characters(value);
    const tooMany = Math.max(0, length - this.longest);
    const isShown = length >= near && !tooMany;
    const said = this.figures(this.words.room, this.longest - length);
    if (isShown && this.#room.hidden) say(this.#announce, said); // once, not at every letter
    this.#room.hidden = !isShown;
    if (isShown) say(this.#room, said);
    return tooMany;
  }

  figures(sentence, n) {
    return sentence.replace("{n}", figure(n)).replace("{most}", figure(this.longest));
  }
}
