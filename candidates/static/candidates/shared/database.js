// One table of the browser's own database (IndexedDB): it outlives the tab, the browser and the machine's restart.

const PATIENCE = 3000; // ms until a database that does not answer counts as one that is not there

const finished = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const opened = (name) => {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(name, { keyPath: "key" });
  return finished(request);
};

const inTime = (promise) => {
  let timer;
  const tooLate = new Promise((_resolve, reject) => {
    timer = setTimeout(reject, PATIENCE, new Error("The browser's database does not answer."));
  });
  return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
};

export class Table {
  #name;
  #database = null; // a promise; after something went wrong it is opened again

  constructor(name) {
    this.#name = name;
  }

  all() {
    return this.#ask("readonly", {}, (rows) => rows.getAll());
  }

  // durable: on the disk, and not only with the system that writes it there soon.
  put(row, { durable = false } = {}) {
    return this.#ask("readwrite", { durability: durable ? "strict" : "relaxed" }, (rows) => rows.put(row));
  }

  delete(key) {
    return this.#ask("readwrite", {}, (rows) => rows.delete(key));
  }

  async #ask(mode, options, act) {
    try {
      this.#database ??= opened(this.#name);
      return await inTime(this.#transact(mode, options, act));
    } catch (error) {
      this.#database = null;
      throw error;
    }
  }

  async #transact(mode, options, act) {
    const transaction = (await this.#database).transaction(this.#name, mode, options);
    const completed = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const result = finished(act(transaction.objectStore(this.#name)));
    transaction.commit(); // at once: the page may be gone before the browser would do it by itself
    const [found] = await Promise.all([result, completed]);
    return found;
  }
}
