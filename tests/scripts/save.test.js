import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { meaningOf, Saver } from "../../candidates/static/candidates/sitting/save.js";

const WORDS = { retry: "Retry.", loggedOut: "Logged out.", other: "Somebody else.", tooLarge: "Too large." };
const GONE = new TypeError("no line");

let text;
let now;
let answers; // what the server will say, first one first
let sent;
let asked;
let ends;
let kept;
let saver;

const saved = (revision) => ({ answer: { code: "saved", revision, saved: `at ${revision}` } });

const make = (state = {}) =>
  new Saver({
    base: 3,
    savedText: "",
    savedAt: "",
    since: "at 3",
    now: () => now,
    page: {
      words: WORDS,
      read: () => text,
      keep: () => kept.push(saver.isDirty ? text : null),
      show: () => {},
      setClock: () => {},
      ended: (isSubmitted) => ends.push(isSubmitted),
      ask: (answer) => asked.push(answer.answer),
    },
    send: async (typed, takesOver) => {
      sent.push(takesOver ? `over: ${typed}` : typed);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    ...state,
  });

// Lets timers of the next ms run, and what they begin.
const pass = async (ms) => {
  now += ms;
  mock.timers.tick(ms);
  for (let turn = 0; turn < 20; turn += 1) await null;
};

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [text, now, answers, sent, asked, ends, kept] = ["", 1, [], [], [], [], []];
  saver = make();
});
afterEach(() => mock.timers.reset());

const type = (value) => {
  text = value;
  saver.soon();
};

// When it saves -------------------------------------------------------------------------------------------------------

test("it saves after a rest in typing, once", async () => {
  answers = [saved(4)];
  type("a");
  await pass(1000);
  type("ab");
  await pass(1499);
  assert.deepEqual(sent, []);
  await pass(1);
  assert.deepEqual(sent, ["ab"]);
  assert.deepEqual([saver.isDirty, saver.base, saver.savedAt], [false, 4, "at 4"]);
  await pass(60_000);
  assert.equal(sent.length, 1);
});

test("it does not wait for a rest longer than five seconds", async () => {
  answers = [saved(4)];
  for (let letters = 1; letters <= 10; letters += 1) {
    type("x".repeat(letters));
    await pass(500);
  }
  assert.equal(sent.length, 1);
});

test("a page at what the server holds sends nothing, and keeps no draft", async () => {
  assert.equal(await saver.save(), true);
  assert.deepEqual([sent, kept], [[], [null]]);
});

test("what is typed while a save is on its way is saved afterwards, and submitting waits for both", async () => {
  answers = [saved(4), saved(5)];
  text = "one";
  saver.save();
  text = "one two";
  assert.equal(await saver.saveAll(), true);
  assert.deepEqual(sent, ["one", "one two"]);
});

test("nothing is sent before the page has looked for a draft", async () => {
  let found;
  saver.waiting = new Promise((resolve) => {
    found = resolve;
  });
  answers = [saved(4)];
  text = "typed";
  const saving = saver.save();
  await pass(0);
  assert.deepEqual(sent, []);
  text = "draft, and typed";
  found();
  assert.equal(await saving, true);
  assert.deepEqual(sent, ["draft, and typed"]);
});

test("where looking for a draft goes wrong the answer is saved all the same", async () => {
  saver.waiting = Promise.reject(new Error("broken"));
  answers = [saved(4)];
  text = "typed";
  assert.equal(await saver.save(), true);
});

test("a page that is over sends nothing more", async () => {
  type("late");
  saver.stop();
  await pass(10_000);
  assert.deepEqual([sent, await saver.save()], [[], false]);
});

// What the server says -------------------------------------------------------------------------------------------------

test("without a line it tries again every five seconds, and says why until it has worked", async () => {
  answers = [GONE, { trouble: "loggedOut" }, saved(4)];
  type("text");
  await pass(1500);
  assert.deepEqual([saver.trouble, saver.isDirty, kept.at(-1)], ["Retry.", true, "text"]);
  await pass(4999);
  assert.equal(sent.length, 1);
  await pass(1);
  assert.equal(saver.trouble, "Logged out.");
  await pass(5000);
  assert.deepEqual([sent.length, saver.trouble, saver.isDirty, kept.at(-1)], [3, "", false, null]);
});

test("a fault of ours is no line that is gone", async () => {
  answers = [new RangeError("ours")];
  text = "text";
  await assert.rejects(saver.save(), RangeError);
});

test("a text whose answer was lost is no conflict when it is met again", async () => {
  answers = [GONE, { answer: { code: "conflict", revision: 4, answer: "one" } }, saved(5)];
  text = "one";
  await saver.save();
  text = "one two";
  assert.equal(await saver.save(), true);
  assert.deepEqual([asked, saver.base, sent], [[], 5, ["one", "one two", "one two"]]);
});

test("as long as an answer may be on its way, going back to what was saved is sent, too", async () => {
  answers = [GONE, saved(4)];
  text = "wrong";
  await saver.save();
  text = "";
  assert.equal(saver.isDirty, true);
  await saver.save();
  assert.deepEqual([sent, saver.isDirty], [["wrong", ""], false]);
});

test("words of somebody else are asked about, and nothing is sent until that is decided", async () => {
  answers = [{ answer: { code: "conflict", revision: 9, answer: "theirs" } }, saved(10)];
  text = "mine";
  assert.equal(await saver.save(), false);
  assert.deepEqual([asked, saver.conflict, saver.base], [["theirs"], true, 3]);
  type("mine, too");
  await pass(60_000);
  assert.equal(await saver.save(), false);
  assert.deepEqual(sent, ["mine"]);
  saver.conflict = false;
  saver.hold("theirs", { revision: 9, saved: "" });
  assert.equal(await saver.save(), true);
  assert.deepEqual([sent, saver.base], [["mine", "mine, too"], 10]);
});

test("what is refused is not sent again unchanged, anything else is", async () => {
  answers = [{ answer: { code: "refused", sentence: "A NUL." } }, { refusal: "tooLarge" }, saved(4)];
  text = "bad";
  await saver.save();
  await saver.save();
  await pass(60_000);
  assert.deepEqual([sent, saver.trouble, saver.sent], [["bad"], "A NUL.", []]);
  text = "large";
  await saver.save();
  assert.deepEqual([saver.trouble, saver.refused], ["Too large.", "large"]);
  text = "good";
  assert.equal(await saver.save(), true);
  assert.deepEqual([saver.trouble, saver.refused], ["", null]);
});

test("what is too long is kept and not sent", async () => {
  text = "long";
  saver.tooMany = 1;
  assert.equal(await saver.save(), false);
  assert.deepEqual([sent, kept], [[], ["long"]]);
});

test("where another device writes this one keeps still until it takes over", async () => {
  answers = [{ answer: { code: "elsewhere", sentence: "A phone writes." } }, saved(4)];
  text = "mine";
  await saver.save();
  assert.deepEqual([saver.elsewhere, await saver.save(), sent.length], ["A phone writes.", false, 1]);
  saver.elsewhere = "";
  saver.takesOver = true;
  await saver.save();
  assert.deepEqual([sent, saver.takesOver], [["mine", "over: mine"], false]);
});

for (const isSubmitted of [true, false]) {
  test(`what comes too late is not held by the server, submitted: ${isSubmitted}`, async () => {
    answers = [{ answer: { code: "ended", submitted: isSubmitted } }];
    text = "late";
    assert.equal(await saver.save(), false);
    assert.deepEqual([ends, saver.sent], [[isSubmitted], []]);
  });
}

test("somebody else's login takes nothing, and it is tried again", async () => {
  answers = [{ answer: { code: "other" } }, saved(4)];
  type("mine");
  await pass(1500);
  assert.deepEqual([saver.trouble, saver.isDirty], ["Somebody else.", true]);
  await pass(5000);
  assert.equal(saver.isDirty, false);
});

// What an answer means -------------------------------------------------------------------------------------------------

const response = (status, type = "application/json") => ({
  status,
  headers: new Headers({ "Content-Type": type }),
  json: async () => ({ code: "saved" }),
});

for (const [what, given, hasCookie, meaning] of [
  ["a redirect to the login page", { type: "opaqueredirect" }, true, { trouble: "loggedOut" }],
  ["a refused token", response(403), true, { trouble: "stale" }],
  ["a refusal without a cookie", response(403), false, { trouble: "loggedOut" }],
  ["a test that is not there", response(404), true, { trouble: "gone" }],
  ["a body that a proxy refuses", response(413, "text/html"), true, { refusal: "tooLarge" }],
  ["a body that the server refuses", response(400, "text/html"), true, { refusal: "tooLarge" }],
  ["a database that is away", response(503), true, { trouble: "retry" }],
  ["a page of something in between", response(200, "text/html"), true, { trouble: "retry" }],
  ["a conflict", response(409), true, { answer: { code: "saved" } }],
]) {
  test(`${what} means ${JSON.stringify(meaning)}`, async () => {
    assert.deepEqual(await meaningOf(given, hasCookie), meaning);
  });
}
