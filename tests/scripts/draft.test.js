import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { allDrafts, canKeep, Drafts, sweep } from "../../candidates/static/candidates/sitting/draft.js";
import { importKeys, seal, unseal } from "../../candidates/static/candidates/sitting/seal.js";

const DAY = 24 * 3600 * 1000;
const key = (byte) => Buffer.alloc(32, byte).toString("base64");
const draft = { text: "Blåbær \u{1f44d}", base: 3, sent: ["Blå"] };
const asText = (row) => JSON.stringify({ ...row, sealed: Buffer.from(row.sealed).toString("latin1") });

// What the browser's database does, in memory.
class Rows {
  rows = new Map();
  puts = 0;
  isBroken = false;

  async all() {
    return [...this.rows.values()];
  }

  async put(row) {
    if (this.isBroken) throw new Error("full");
    this.puts += 1;
    this.rows.set(row.key, row);
  }

  async delete(name) {
    if (this.isBroken) throw new Error("gone");
    this.rows.delete(name);
  }
}

let table;
let changes;
let candidates = 0;
let candidate; // another one for each test: Node.js gives no lock back

const open = (keys = key(1), whose = candidate) =>
  new Drafts({
    about: { candidate: whose, owner: "7", path: "/test/t/" },
    keys,
    table,
    changed: () => {
      changes += 1;
    },
  });

// A page that is gone has left this: its lock is free.
const leaveBehind = async (text, { at = 1, keys = key(1), whose = candidate, ends = 0 } = {}) => {
  const sealed = await seal(await importKeys(keys), `deliver draft 1 ${whose}`, { ...draft, text });
  const row = { candidate: whose, owner: "7", path: "/test/t/", ...sealed, key: `${whose} ${text}`, at, ends };
  table.rows.set(row.key, row);
};

beforeEach(() => {
  globalThis.indexedDB = {};
  const tab = new Map();
  globalThis.sessionStorage = {
    getItem: (name) => tab.get(name) ?? null,
    setItem: (name, value) => tab.set(name, value),
  };
  [table, changes] = [new Rows(), 0];
  candidates += 1;
  candidate = `c${candidates}`;
});

// Sealing -----------------------------------------------------------------------------------------------------------

test("what is sealed opens with the same key for the same candidate, and for nothing else", async () => {
  const [mine, other] = [await importKeys(key(1)), await importKeys(key(2))];
  const sealed = await seal(mine, "c1", draft);
  assert.deepEqual(await unseal(mine, "c1", sealed), draft);
  assert.equal(await unseal(other, "c1", sealed), null);
  assert.equal(await unseal(mine, "c2", sealed), null);
});

test("a key that was newest before opens what it sealed, and the newest seals", async () => {
  const both = await importKeys(`${key(2)} ${key(1)}`);
  assert.deepEqual(await unseal(both, "c1", await seal(await importKeys(key(1)), "c1", draft)), draft);
  assert.deepEqual(await unseal(await importKeys(key(2)), "c1", await seal(both, "c1", draft)), draft);
});

test("a key gives its bytes to nobody, and no text is sealed twice alike", async () => {
  const [mine] = await importKeys(key(1));
  await assert.rejects(crypto.subtle.exportKey("raw", mine));
  const [one, other] = [await seal([mine], "c1", draft), await seal([mine], "c1", draft)];
  assert.notDeepEqual(new Uint8Array(one.sealed), new Uint8Array(other.sealed));
});

test("a draft that was changed by somebody is none", async () => {
  const keys = await importKeys(key(1));
  const sealed = await seal(keys, "c1", draft);
  new Uint8Array(sealed.sealed)[0] ^= 1;
  assert.equal(await unseal(keys, "c1", sealed), null);
});

test("a row that is no draft of ours is none", async () => {
  const keys = await importKeys(key(1));
  for (const row of [{}, { iv: "no bytes", sealed: 7 }, { iv: new Uint8Array(12), sealed: new ArrayBuffer(0) }]) {
    assert.equal(await unseal(keys, "c1", row), null);
  }
});

// Keeping -----------------------------------------------------------------------------------------------------------

test("a draft is kept sealed, with nothing of its text beside it, and goes when there is none any more", async () => {
  const drafts = open();
  await drafts.begin();
  await drafts.keep(draft, { at: 5, ends: 9 });
  const [row] = await allDrafts(table);
  assert.deepEqual([row.candidate, row.owner, row.path, row.at, row.ends], [candidate, "7", "/test/t/", 5, 9]);
  assert.ok(!asText(row).includes("Bl"));
  await drafts.keep(null);
  assert.deepEqual(await allDrafts(table), []);
});

test("of many that come while one is written only the last is written, and nothing after the end comes back", async () => {
  const drafts = open();
  await drafts.begin();
  for (let n = 0; n < 50; n += 1) drafts.keep({ ...draft, text: `${n}` });
  await drafts.keep({ ...draft, text: "last" });
  assert.ok(table.puts <= 3);
  assert.equal((await drafts.ofCandidate())[0].draft.text, "last");
  drafts.keep(draft);
  await drafts.keep(null);
  assert.equal(table.rows.size, 0);
});

test("a database that is full is said once, and once more when it works again", async () => {
  const drafts = open();
  await drafts.begin();
  table.isBroken = true;
  await drafts.keep(draft);
  await drafts.keep(draft);
  assert.deepEqual([drafts.isKept, changes], [false, 1]);
  table.isBroken = false;
  await drafts.keep(draft);
  assert.deepEqual([drafts.isKept, changes], [true, 2]);
});

test("without a database, or without a key, nothing is kept and nothing fails", async () => {
  const without = open("");
  Reflect.deleteProperty(globalThis, "indexedDB");
  assert.equal(canKeep(), false);
  for (const drafts of [without, open()]) {
    await drafts.begin();
    await drafts.keep(draft);
    assert.deepEqual([drafts.isKept, await drafts.take(() => true)], [false, null]);
  }
  assert.equal(table.rows.size, 0);
});

// Finding -----------------------------------------------------------------------------------------------------------

test("the newest draft that a page left behind is gone on with, under its own name", async () => {
  await leaveBehind("older", { at: 1 });
  await leaveBehind("newer", { at: 2 });
  await leaveBehind("of somebody else", { at: 3, whose: `${candidate}x`, keys: key(2) });
  const drafts = open();
  await drafts.begin();
  assert.equal((await drafts.take(() => true)).text, "newer");
  await drafts.keep({ ...draft, text: "newer and more" });
  assert.deepEqual([...table.rows.keys()].sort(), [
    `${candidate} newer`,
    `${candidate} older`,
    `${candidate}x of somebody else`,
  ]);
});

test("a draft of a page that is open is left alone", async () => {
  const first = open();
  await first.begin();
  await first.keep(draft);
  const second = open();
  await second.begin();
  assert.equal(await second.take(() => true), null);
  assert.equal(table.rows.size, 1);
});

test("what is not wanted, and what no key opens, is thrown away, and the next one is looked at", async () => {
  await leaveBehind("wanted", { at: 1 });
  await leaveBehind("settled", { at: 2 });
  await leaveBehind("sealed before the keys were changed", { at: 3, keys: key(9) });
  const drafts = open();
  await drafts.begin();
  assert.equal((await drafts.take((found) => found.text !== "settled")).text, "wanted");
  assert.deepEqual([...table.rows.keys()], [`${candidate} wanted`]);
});

test("one candidate on another test is another place", async () => {
  await leaveBehind("of this test");
  const other = open(key(3), `${candidate}-on-another-test`);
  await other.begin();
  assert.equal(await other.take(() => true), null);
  assert.equal(table.rows.size, 1);
});

test("throwing everything away leaves what others have", async () => {
  await leaveBehind("mine");
  await leaveBehind("of somebody else", { whose: `${candidate}x` });
  await open().throwAllAway();
  assert.deepEqual([...table.rows.keys()], [`${candidate}x of somebody else`]);
});

test("a day after the end a draft goes, whoever's it is, and not before", async () => {
  await leaveBehind("a", { ends: 1000 });
  await leaveBehind("b", { ends: 2000, whose: `${candidate}x` });
  await sweep(1000 + DAY, table);
  assert.equal(table.rows.size, 2);
  await sweep(1001 + DAY, table);
  assert.deepEqual([...table.rows.keys()], [`${candidate}x b`]);
});
