import assert from "node:assert/strict";
import { test } from "node:test";
import { find, fold } from "../../candidates/static/candidates/door/find.js";
import { Marks } from "../../candidates/static/candidates/door/marks.js";
import { People, said, stateOf } from "../../candidates/static/candidates/door/state.js";

const person = (id, name, more = {}) => ({
  key: `k${id}`,
  id,
  name,
  find: [id, fold(name), "481207"].join("\n"),
  here: true,
  may: true,
  presence: "not_set",
  presenceAt: 0,
  idCheck: "not_checked",
  idCheckAt: 0,
  ...more,
});
const mark = (candidate, value, at, nonce = `${candidate}${value}${at}`) => ({
  nonce,
  candidate,
  about: value === "verified" ? "id_check" : "presence",
  value,
  at,
  text: "",
});

// A browser's database that outlives the page.
class Rows {
  rows = new Map();
  all = async () => [...this.rows.values()];
  put = async (row) => this.rows.set(row.key, row);
  delete = async (key) => this.rows.delete(key);
}
const answering = (outcome) => async (batch) => ({
  status: 200,
  json: async () => ({ marks: batch.map(({ nonce }) => [nonce, outcome, "why"]) }),
});
const noLine = async () => {
  throw new TypeError("Failed to fetch");
};
const marksOf = (table, send, told = () => {}) => new Marks({ owner: "7", test: "t", send, told, table, now: () => 5 });

test("people are found by words in any order, without accents, case and punctuation", () => {
  const people = [person("0417", "Aas, Reidun"), person("0022", "Noor Al-Hashimi"), person("0733", "Ødegård, Åse")];
  const ids = (typed) => find(people, typed, true).map((one) => one.id);
  assert.deepEqual(ids("REIDUN aas"), ["0417"]);
  assert.deepEqual(ids("al hashimi, noor"), ["0022"]);
  assert.deepEqual(ids("odegard ase"), ["0733"]);
  assert.deepEqual(ids("0022"), ["0022"]);
  assert.deepEqual(ids("481207"), ["0417", "0022", "0733"]);
  assert.deepEqual([ids(""), ids(" , "), ids("xyz")], [[], [], []]);
});

test("a generated user name is found by one printed group of it at least, of who may be marked here", () => {
  const people = [
    person("0417", "Aas, Reidun", { made: "6czep34v" }),
    person("0022", "Al-Hashimi, Noor", { may: false }),
  ];
  const ids = (typed) => find(people, typed, true).map((one) => one.id);
  assert.deepEqual([ids("6cze-P34v"), ids("6CZE"), ids("p34v")], [["0417"], ["0417"], ["0417"]]);
  assert.deepEqual([ids("6cz"), ids("-"), ids("cze")], [[], [], []]);
});

test("this door comes first, and without names others are found by the whole ID alone", () => {
  const other = { here: false, may: false };
  const people = [person("0001", "Aas, A", other), person("0002", "Aas, B")];
  assert.deepEqual(
    find(people, "aas", true).map((one) => one.id),
    ["0002", "0001"],
  );
  assert.deepEqual(
    find(people, "000", false).map((one) => one.id),
    ["0002"],
  );
  assert.deepEqual(
    find(people, "0001", false).map((one) => one.id),
    ["0001"],
  );
});

test("marks without network are kept, also for the page that comes after this one, and sent once", async () => {
  const table = new Rows();
  const before = marksOf(table, noLine);
  await before.begin();
  await before.add(mark("k1", "present", 1));
  await before.add(mark("k1", "verified", 2));
  assert.deepEqual([before.waiting.length, before.since, table.rows.size], [2, 5, 2]);

  const sent = [];
  const send = async (batch) => {
    sent.push(...batch.map(({ nonce }) => nonce));
    return answering("stored")(batch);
  };
  const after = marksOf(table, send);
  await after.begin();
  await Promise.all([after.flush(), after.flush()]);
  assert.deepEqual(sent, ["k1present1", "k1verified2"]);
  assert.deepEqual([after.waiting.length, after.since, table.rows.size], [0, null, 0]);
});

test("marks of somebody else, or of another test, stay where they are", async () => {
  const table = new Rows();
  await table.put({ ...mark("k1", "present", 1), key: "a", owner: "8", test: "t" });
  await table.put({ ...mark("k1", "present", 1), key: "b", owner: "7", test: "u" });
  const marks = marksOf(table, answering("stored"));
  await marks.begin();
  await marks.flush();
  assert.deepEqual([marks.waiting.length, table.rows.size], [0, 2]);
});

test("what the server refuses is told, whose mark it was and why, and costs itself alone", async () => {
  const told = [];
  const send = async (batch) => ({
    status: 200,
    // as of a mark whose number the server cannot read
    json: async () => ({
      marks: batch.map(({ value }) => (value === "late" ? ["", "refused", "why"] : ["", "stored", ""])),
    }),
  });
  const table = new Rows();
  const marks = marksOf(table, noLine, (refused) => refused && told.push(...refused));
  for (const [value, at] of [
    ["present", 1],
    ["late", 2],
    ["verified", 3],
  ])
    await marks.add(mark("k1", value, at));
  marks.send = send;
  await marks.flush();
  assert.deepEqual(
    told.map(([one, why]) => [one.candidate, one.value, why]),
    [["k1", "late", "why"]],
  );
  assert.deepEqual([marks.waiting.length, table.rows.size], [0, 0]);
});

const page = async () => {
  throw new SyntaxError("a page and no JSON");
};
for (const [what, answer, state] of [
  ["a log-out", { type: "opaqueredirect", status: 0 }, { isLoggedOut: true }],
  ["a refusal of the form's token", { status: 403, json: page }, { isLoggedOut: true }],
  ["a test that is not theirs now", { status: 404, json: page }, { held: "" }],
  ["a test that takes none now", { status: 409, json: async () => ({ sentence: "Not yet." }) }, { held: "Not yet." }],
  ["a conflict that is a page", { status: 409, json: page }, { held: "" }],
  ["a method that is refused", { status: 405, json: page }, { held: "" }],
  ["a proxy's limit of size", { status: 413, json: page }, { stuck: 2 }],
  ["what is no list to the server", { status: 400, json: async () => ({ sentence: "No." }) }, { stuck: 2 }],
  ["too many questions", { status: 429, json: page }, { since: 5 }],
  ["a fault of the server", { status: 500, json: page }, { since: 5 }],
  ["a proxy without a server", { status: 502, json: page }, { since: 5 }],
  ["a page instead of an answer", { status: 200, json: page }, { since: 5 }],
  ["an answer to other marks", { status: 200, json: async () => ({ marks: [["x", "stored", ""]] }) }, { held: "" }],
  ["an answer that says nothing", { status: 200, json: async () => ({}) }, { held: "" }],
]) {
  test(`no mark is lost by ${what}, and all go when the server takes them`, async () => {
    const table = new Rows();
    const marks = marksOf(table, noLine);
    await marks.add(mark("k1", "present", 1));
    await marks.add(mark("k2", "present", 2));
    marks.send = async () => answer;
    await marks.flush();
    for (const [name, value] of Object.entries(state)) assert.equal(marks[name], value, name);
    assert.deepEqual([marks.waiting.length, table.rows.size], [2, 2]);
    const after = marksOf(table, answering("stored")); // the page is loaded again
    await after.begin();
    await after.flush();
    assert.deepEqual([after.waiting.length, table.rows.size, after.held], [0, 0, null]);
  });
}

test("a mark that no server takes in any form holds nobody up", async () => {
  const sent = [];
  const send = async (batch) => {
    sent.push(batch.length);
    return batch.some(({ value }) => value === "poison") ? { status: 400 } : answering("stored")(batch);
  };
  const table = new Rows();
  const marks = marksOf(table, noLine);
  for (let n = 0; n < 9; n += 1) await marks.add(mark(`k${n}`, n === 4 ? "poison" : "present", n));
  marks.send = send;
  await marks.flush();
  assert.deepEqual([marks.waiting.map(({ value }) => value), marks.stuck, table.rows.size], [["poison"], 1, 1]);
  const before = sent.length;
  await marks.flush();
  assert.equal(sent.length, before); // not again and again
  await marks.add(mark("k10", "present", 10));
  assert.deepEqual([marks.waiting.length, marks.isDue], [1, false]);
});

test("where the browser keeps nothing the page has the marks, and says so", async () => {
  const forbidden = { all: noLine, put: noLine, delete: noLine };
  const marks = marksOf(forbidden, noLine);
  await marks.begin();
  await marks.add(mark("k1", "present", 1));
  assert.deepEqual([marks.isKept, marks.waiting.length], [false, 1]);
});

test("what waits counts on the page already, and of two marks the later pressed one", () => {
  const people = new People();
  people.take({ people: [person("1", "A"), person("2", "B")], names: true }, [mark("k1", "present", 9)]);
  people.mark(mark("k1", "absent", 8));
  people.mark(mark("nobody", "present", 8));
  assert.deepEqual(people.counts, { here: 2, present: 1, missing: 1, unchecked: 1 });
  people.mark(mark("k1", "verified", 10));
  assert.deepEqual([people.counts.unchecked, people.missing[0].id], [0, "2"]);
});

test("what other phones have marked comes without the names, and somebody new is noticed", () => {
  const people = new People();
  people.take({ people: [person("1", "A"), person("2", "B")], names: true }, []);
  const now = { presence: "present", presenceAt: 3, idCheck: "not_checked", idCheckAt: 0 };
  assert.equal(people.update({ k1: now, k2: now }, [mark("k2", "absent", 4)]), true);
  assert.deepEqual([people.one("k1").presence, people.one("k2").presence], ["present", "absent"]);
  assert.equal(people.update({ k1: now, k2: now, k3: now }, []), false);
  assert.equal(people.update({ k1: now }, []), false);
});

test("the state of somebody is said in parts", () => {
  const words = { not_here: "Not here yet.", present: "Present since {t}", rejected: "Not this person, said at {t}" };
  const row = person("1", "A", { presence: "present", presenceAt: 1, idCheck: "rejected", idCheckAt: 2 });
  assert.deepEqual(
    stateOf(row, words, (at) => `08:0${at}`),
    [
      ["is-done", "Present since 08:01"],
      ["is-fail", "Not this person, said at 08:02"],
    ],
  );
  assert.equal(said("{n} of {m}", { n: 0 }), "0 of ");
});
