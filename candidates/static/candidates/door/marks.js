// Marks on their way to the server: each has a number of its own and lies in the browser's database until the server
// has said what became of it, so that none is lost without network, and one that is sent twice is stored once.

import { Table } from "../shared/database.js";
import { isLineGone } from "../shared/server.js";

const TABLE = "deliver-door";
const MOST_AT_ONCE = 200;

export class Marks {
  isKept = true; // false: this browser keeps nothing, the page alone has them
  since = null; // since when there is no network, ms of this device
  isLoggedOut = false;
  #waiting = new Map(); // by number, in the order in which they were pressed
  #sending = null;

  // owner, test: whose marks these are; send(marks): a Response; told(outcomes): what became of them, or null for
  // another state; table and now for tests.
  constructor({ owner, test, send, told, table = new Table(TABLE), now = Date.now }) {
    Object.assign(this, { owner, test, send, told, table, now });
  }

  get waiting() {
    return [...this.#waiting.values()];
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
    while (this.#waiting.size) {
      const batch = this.waiting.slice(0, MOST_AT_ONCE);
      const answer = await this.#answerTo(batch);
      if (!answer) return;
      for (const [nonce] of answer) {
        this.#waiting.delete(nonce);
        await this.table.delete(nonce).catch(() => {});
      }
      this.told(answer);
    }
  }

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
      if (response.status >= 500 || response.status === 429) return this.gone();
      const { marks, sentence } = response.status === 404 ? {} : await response.json();
      this.back();
      // What the server does not take in any form would be sent again for ever: it is told, and given up.
      return marks ?? batch.map(({ nonce }) => [nonce, "refused", sentence ?? ""]);
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

  // There is no network: marks wait.
  gone() {
    this.since ??= this.now();
    this.told(null);
    return null;
  }

  // The server has answered.
  back() {
    this.isLoggedOut = false;
    if (this.since === null) return;
    this.since = null;
    this.told(null);
  }
}
