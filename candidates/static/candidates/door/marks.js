// Marks on their way to the server: each has a number of its own and lies in the browser's database until the server
// has said what became of this one, so that none is lost without network or beside one that is wrong, and one that is
// sent twice is stored once. Whatever else is answered, they wait.

import { Table } from "../shared/database.js";
import { isLineGone } from "../shared/server.js";

const TABLE = "deliver-door";
const MOST_AT_ONCE = 200;
const TOO_MUCH = Symbol("too much");

export class Marks {
  isKept = true; // false: this browser keeps nothing, the page alone has them
  since = null; // since when there is no network, ms of this device
  isLoggedOut = false;
  held = null; // why the server takes no marks now, in its words; null: it does
  #waiting = new Map(); // by number, in the order in which they were pressed
  #aside = new Set(); // not taken in any form, also alone: kept, and not sent again by this page
  #sending = null;

  // owner, test: whose marks these are; send(marks): a Response; told(refused): marks that the server did not take, each
  // with why, or null for another state; table and now for tests.
  constructor({ owner, test, send, told, table = new Table(TABLE), now = Date.now }) {
    Object.assign(this, { owner, test, send, told, table, now });
  }

  get waiting() {
    return [...this.#waiting.values()];
  }

  // How many wait that nobody can send.
  get stuck() {
    return this.#aside.size;
  }

  get isDue() {
    return this.#waiting.size > this.#aside.size;
  }

  // Takes up what this person has left here, on a page that is gone.
  async begin() {
    try {
      const rows = (await this.table.all()).filter((row) => row.owner === this.owner && row.test === this.test);
      for (const row of rows.sort((one, other) => one.at - other.at)) this.#waiting.set(row.key, row);
    } catch {
      this.isKept = false;
    }
    this.told(null);
  }

  async add(mark) {
    const row = { ...mark, key: mark.nonce, owner: this.owner, test: this.test };
    this.#waiting.set(row.key, row);
    try {
      await this.table.put(row, { durable: true });
    } catch {
      this.isKept = false;
    }
    this.told(null);
    await this.flush();
  }

  // Sends what waits; while something is on its way nothing else is sent.
  flush() {
    this.#sending ??= this.#flush().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #flush() {
    let most = MOST_AT_ONCE;
    while (this.isDue) {
      const batch = this.waiting.filter(({ key }) => !this.#aside.has(key)).slice(0, most);
      const answer = await this.#answerTo(batch);
      if (answer === null) return;
      if (answer === TOO_MUCH) {
        // one of them, or all together: half as many until the one is found that nobody can send
        if (batch.length === 1) this.#aside.add(batch[0].key);
        most = Math.ceil(batch.length / 2);
        this.told(null);
        continue;
      }
      const refused = [];
      for (const [place, mark] of batch.entries()) {
        const [, outcome, sentence] = answer[place];
        if (outcome === "refused") refused.push([mark, sentence]);
        this.#waiting.delete(mark.key);
        await this.table.delete(mark.key).catch(() => {});
      }
      this.told(refused);
    }
  }

  // What became of each mark of the batch, in its order; TOO_MUCH; or null: they wait.
  async #answerTo(batch) {
    try {
      const response = await this.send(
        batch.map(({ nonce, candidate, about, value, at, text }) => ({
          nonce,
          key: candidate,
          about,
          value,
          at,
          text,
        })),
      );
      if (response.type === "opaqueredirect" || response.status === 403) return this.#loggedOut();
      if (response.status === 400 || response.status === 413) return TOO_MUCH;
      if (response.status >= 500 || response.status === 429) return this.gone();
      // Only what the server has said of each of them ends their waiting.
      if (response.status !== 200) return this.hold((await response.json().catch(() => ({}))).sentence ?? "");
      const { marks } = await response.json();
      if (marks?.length !== batch.length) return this.hold("");
      this.back();
      return marks;
    } catch (error) {
      if (!isLineGone(error) && !(error instanceof SyntaxError)) throw error;
      return this.gone();
    }
  }

  #loggedOut() {
    this.isLoggedOut = true;
    this.told(null);
    return null;
  }

  // The server answers, and takes no marks now.
  hold(why) {
    this.back();
    this.held = why;
    this.told(null);
    return null;
  }

  // There is no network: marks wait.
  gone() {
    this.since ??= this.now();
    this.told(null);
    return null;
  }

  // The server has answered.
  back() {
    this.isLoggedOut = false;
    this.held = null;
    if (this.since === null) return;
    this.since = null;
    this.told(null);
  }
}
