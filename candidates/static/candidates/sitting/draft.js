// Drafts: what the server does not have yet, sealed (seal.js) in the browser's own database. A draft goes when the
// server has its text, when the candidate throws it away, and a day after the end. Each page has a draft of its own
// and holds a lock of that name; a draft whose lock is free belongs to a page that is gone.

import { Table } from "../shared/database.js";
import { recall, remember } from "../shared/storage.js";
import { importKeys, seal, unseal } from "./seal.js";

const TABLE = "deliver-drafts";
const TAB = "deliver-draft-of-this-tab";
const KEPT_AFTER_END = 24 * 3600 * 1000; // ms
const LEAVING = 2000; // ms that the page before in this tab may take to let its lock go

// Browsers seal and lock for pages that came over https, or from their own machine, only.
export const canKeep = () => {
  try {
    return Boolean(globalThis.crypto?.subtle && globalThis.indexedDB && navigator.locks);
  } catch {
    return false; // a browser that forbids its database may forbid to ask for it
  }
};

// All drafts of this browser, of whomever they are. Their text is sealed.
export const allDrafts = async (table = new Table(TABLE)) => {
  if (!canKeep()) return [];
  try {
    return (await table.all()).sort((one, other) => other.at - one.at);
  } catch {
    return []; // a browser that forbids its database has none
  }
};

// Throws away what nobody comes back for. now: the server's clock, ms.
export const sweep = async (now, table = new Table(TABLE)) => {
  for (const draft of await allDrafts(table)) {
    if (draft.ends + KEPT_AFTER_END < now) await table.delete(draft.key).catch(() => {});
  }
};

// Takes a lock and holds it as long as the page lives. Resolves to whether it was free within `patience` ms.
const hold = (name, patience) =>
  new Promise((resolve, reject) => {
    const options = patience ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
    const held = (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    };
    navigator.locks.request(name, options, held).catch((error) => {
      if (error.name === "TimeoutError" || error.name === "AbortError") resolve(false);
      else reject(error);
    });
  });

export class Drafts {
  isKept = true; // false: this page alone has the text
  #keys;
  #key = null;
  #next; // what is to be written: a draft, or null for none
  #writing = null;

  // about: candidate, owner and path of the test. keys: as `importKeys` takes them. changed(): isKept is another.
  constructor({ about, keys, changed, table = new Table(TABLE) }) {
    Object.assign(this, { about, changed, table });
    this.#keys = canKeep() && keys ? importKeys(keys) : null;
    this.isKept = this.#keys !== null;
  }

  // Takes the place under which this page keeps its draft: that of the page before in this tab, or a new one.
  async begin() {
    if (!this.isKept) return;
    try {
      const tab = recall(TAB);
      const isSameTab = Boolean(tab) && (await hold(this.#name(tab), LEAVING)); // not where a tab was duplicated
      this.#take(this.#name(isSameTab ? tab : crypto.randomUUID()));
      if (!isSameTab) await hold(this.#key);
    } catch {
      this.#tell(false);
    }
  }

  // Finds the newest draft of this candidate that no living page has and that `isWanted`, and goes on with it as this
  // page's own. What is not wanted, and what no key opens, is thrown away.
  async take(isWanted) {
    for (const row of await this.ofCandidate()) {
      if (row.key !== this.#key && !(await hold(row.key))) continue; // of a page that is open
      if (row.draft && isWanted(row.draft)) {
        this.#take(row.key);
        return row.draft;
      }
      await this.throwAway(row.key);
    }
    return null;
  }

  // This candidate's drafts, newest first, opened; `draft` is null where no key opens it.
  async ofCandidate() {
    const keys = await this.#keys;
    if (!keys) return [];
    const rows = (await allDrafts(this.table)).filter((row) => row.candidate === this.about.candidate);
    return Promise.all(rows.map(async (row) => ({ ...row, draft: await unseal(keys, this.#sealedFor, row) })));
  }

  throwAway(key) {
    return this.table.delete(key).catch(() => {});
  }

  async throwAllAway() {
    for (const { key, candidate } of await allDrafts(this.table)) {
      if (candidate === this.about.candidate) await this.throwAway(key);
    }
  }

  // Writes this page's draft; of several that come while one is written, the last. null: there is none any more.
  keep(draft, { at = 0, ends = 0, durable = false } = {}) {
    if (this.#keys === null || this.#key === null) return Promise.resolve();
    this.#next = draft && { draft, at, ends, durable };
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #write() {
    while (this.#next !== undefined) {
      const next = this.#next;
      this.#next = undefined;
      try {
        if (next === null) await this.table.delete(this.#key);
        else await this.#put(next);
        this.#tell(true);
      } catch {
        this.#tell(false); // the database is full or forbidden: the page itself still holds the text
      }
    }
  }

  async #put({ draft, at, ends, durable }) {
    const sealed = await seal(await this.#keys, this.#sealedFor, draft);
    await this.table.put({ ...this.about, ...sealed, key: this.#key, at, ends }, { durable });
  }

  get #sealedFor() {
    return `deliver draft 1 ${this.about.candidate}`;
  }

  #take(key) {
    this.#key = key;
    remember(TAB, key.slice(this.#name("").length));
  }

  #name(tab) {
    return `${this.about.candidate} ${tab}`;
  }

  #tell(isKept) {
    if (this.isKept === isKept) return;
    this.isKept = isKept;
    this.changed();
  }
}
