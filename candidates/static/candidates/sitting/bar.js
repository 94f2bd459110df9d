// The bar of the test: whether the answer is saved, and why not. It is said once, not at every try.

import { say } from "./text.js";

const element = (name, className, content) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(content);
  return made;
};

const line = (warning, ...parts) => {
  const made = element("p", "", element("span", "is-warn", element("strong", "", warning)));
  made.append(" ", ...parts);
  return made;
};

export class Bar {
  #status = document.querySelector("[data-status]");
  #alert = document.querySelector("[data-alert]");
  #said = "";

  constructor(words) {
    this.words = words;
  }

  // at: the time of the last save; without one what the server wrote goes on standing there.
  saved(at) {
    if (at) {
      const head = element("span", "is-done", element("strong", "", this.words.saved));
      say(this.#status, head, " ", element("span", "quiet", at));
    }
    this.#status.hidden = false;
    this.#said = "";
    say(this.#alert);
  }

  notSaved(since, sentence) {
    const head = this.words.notSaved.replace("{time}", since);
    this.#warn(head + sentence, () => line(head, sentence));
  }

  // Nothing more is taken from this page; the link leads to the receipt.
  ended(sentence, title) {
    this.#warn(sentence, () => {
      const link = element("a", "ds-link", title);
      link.href = location.pathname;
      return line(sentence, link);
    });
  }

  sayAgain() {
    this.#said = "";
  }

  #warn(sentence, made) {
    this.#status.hidden = true;
    if (this.#said === sentence) return;
    this.#said = sentence;
    say(this.#alert, made());
  }
}
