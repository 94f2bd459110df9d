// Saving an answer while it is typed: when, what the server said to it, and what it may hold. No part of the page
// itself: `page` reads and shows, `send` reaches the server.

import { isLineGone } from "../shared/server.js";
import { isOwn } from "./conflict.js";

const AFTER_TYPING = 1500; // ms of rest after which a save begins
const MAX_WAIT = 5000; // ms after which it begins while somebody goes on typing
const RETRY = 5000; // ms between two tries when the line is gone
const MAX_SENT = 20; // texts whose answer has not come

// What an answer of the server to a save means: its content, or the name of a sentence for a try that came to nothing
// ("trouble": it is made again) or for a text that was not taken ("refusal": it is not sent again unchanged).
export const meaningOf = async (response, hasCookie) => {
  if (response.type === "opaqueredirect") return { trouble: "loggedOut" };
  // Without its cookie the refusal comes from a browser whose cookies were deleted.
  if (response.status === 403) return { trouble: hasCookie ? "stale" : "loggedOut" };
  if (response.status === 404) return { trouble: "gone" };
  if (response.status === 413 || response.status === 400) return { refusal: "tooLarge" };
  // From 500 on the database is away: nothing was refused. What is no JSON comes from something in between.
  if (response.status >= 500 || response.headers.get("Content-Type") !== "application/json")
    return { trouble: "retry" };
  return { answer: await response.json() };
};

export class Saver {
  sent = []; // texts on their way whose answer has not come: meeting one of them again is no conflict
  refused = null; // a text that the server did not take: not sent again unchanged
  trouble = ""; // why the last try to save came to nothing, as a sentence
  tooMany = 0; // characters beyond the longest answer
  stale = false; // the server holds something newer than this page knows of
  elsewhere = ""; // the sentence that says which other device writes
  takesOver = false; // the next save makes this device the one that writes
  conflict = false;
  over = false;
  saving = null;
  waiting = null; // a promise: nothing is sent before it
  #timer = null;
  #firstChange = 0;

  // base: the revision that this page goes on from. savedText: what the server holds, as far as this page knows; null
  // where the page came back with a text that was refused. savedAt, since: the server's clock.
  // page: read(), keep(isTried), show(), setClock(answer), ended(isSubmitted), ask(answer), words.
  // send(typed, takesOver): resolves to what `meaningOf` returns.
  constructor({ base, savedText, savedAt, since, page, send, now = () => performance.now() }) {
    Object.assign(this, { base, savedText, savedAt, since, page, send, now });
  }

  // While a text is on its way nobody knows what the server holds, even if the page is back at what it held before.
  get isDirty() {
    return this.page.read() !== this.savedText || this.sent.length > 0 || this.stale;
  }

  // What stands on the page has changed: it is saved at the next rest.
  soon() {
    if (this.over || this.conflict) return;
    const now = this.now();
    this.#firstChange ||= now;
    this.#wait(Math.max(0, Math.min(AFTER_TYPING, this.#firstChange + MAX_WAIT - now)));
  }

  // Resolves to whether the server holds what stands on the page.
  save() {
    this.saving ??= this.#save().finally(() => {
      this.saving = null;
    });
    return this.saving;
  }

  // Saves what stands on the page now, not only what a save that runs already has taken along.
  async saveAll() {
    await this.settle();
    return this.save();
  }

  async settle() {
    while (this.saving) await this.saving;
  }

  stop() {
    this.over = true;
    clearTimeout(this.#timer);
  }

  // Takes what the server holds as what this page goes on from.
  hold(text, { revision, saved }) {
    this.base = revision;
    this.savedText = text;
    this.savedAt = this.since = saved || this.since;
    this.sent = [];
  }

  async #save() {
    clearTimeout(this.#timer);
    if (this.waiting) await this.waiting.catch(() => {}); // whatever went wrong there, the answer is saved
    if (this.conflict || this.over) return false;
    const typed = this.page.read();
    if (!this.isDirty || this.tooMany > 0 || typed === this.refused || this.elsewhere) {
      this.page.keep();
      this.page.show();
      return !this.isDirty;
    }
    this.#firstChange = 0;
    if (this.sent.at(-1) !== typed) this.sent.push(typed); // before it goes: the page may be gone when it arrives
    this.sent = this.sent.slice(-MAX_SENT);
    this.page.keep();
    const { trouble, refusal, answer } = await this.#trySending(typed);
    if (trouble) return this.#failed(this.page.words[trouble]);
    if (refusal) return this.#refuse(typed, this.page.words[refusal]);
    return this.#answered(typed, answer);
  }

  async #trySending(typed) {
    try {
      return await this.send(typed, this.takesOver);
    } catch (error) {
      if (!isLineGone(error)) throw error;
      return { trouble: "retry" };
    }
  }

  #answered(typed, answer) {
    if (answer.code !== "other") this.page.setClock(answer);
    this.stale = this.takesOver = false;
    switch (answer.code) {
      case "saved":
        this.hold(typed, answer);
        this.refused = null;
        this.trouble = "";
        this.page.keep();
        this.page.show();
        if (this.isDirty) this.soon();
        return !this.isDirty;
      case "conflict":
        return this.#meet(answer);
      case "elsewhere":
        this.#takeBack(typed);
        this.elsewhere = answer.sentence;
        this.page.keep();
        this.page.show();
        return false;
      case "ended":
        this.#takeBack(typed);
        this.page.ended(answer.submitted);
        return false;
      case "other":
        return this.#failed(this.page.words.other);
      default:
        return this.#refuse(typed, answer.sentence);
    }
  }

  #meet(answer) {
    if (isOwn(answer.answer, this)) {
      this.hold(answer.answer, answer);
      return this.#save();
    }
    this.conflict = true;
    clearTimeout(this.#timer);
    this.sent = [];
    this.page.ask(answer);
    return false;
  }

  #failed(sentence) {
    this.trouble = sentence;
    this.page.keep(true);
    this.page.show();
    if (!this.over) this.#wait(RETRY);
    return false;
  }

  // Sent again unchanged it would be refused again; anything else that is typed is sent.
  #refuse(typed, sentence) {
    this.#takeBack(typed);
    this.refused = typed;
    this.trouble = sentence;
    this.page.keep(true);
    this.page.show();
    return false;
  }

  // This one the server certainly does not hold.
  #takeBack(typed) {
    this.sent = this.sent.filter((sent) => sent !== typed);
  }

  #wait(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), ms);
  }
}
