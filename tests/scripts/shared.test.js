import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { repeat } from "../../candidates/static/candidates/shared/polling.js";
import { isLineGone } from "../../candidates/static/candidates/shared/server.js";
import { forget, keysWith, recall, remember } from "../../candidates/static/candidates/shared/storage.js";

const pass = async (ms) => {
  mock.timers.tick(ms);
  for (let turn = 0; turn < 20; turn += 1) await null;
};

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

// The tab's storage, whose keys are its own properties, as in browsers.
class Tab {
  getItem(key) {
    return this[key] ?? null;
  }

  setItem(key, value) {
    this[key] = value;
  }

  removeItem(key) {
    delete this[key];
  }
}

test("what the tab remembers comes back until it is forgotten, and is found by how its name begins", () => {
  globalThis.sessionStorage = new Tab();
  remember("rows a", "1");
  remember("rows b", "2");
  remember("other", "3");
  assert.deepEqual([recall("rows a"), recall("rows c"), keysWith("rows ")], ["1", null, ["rows a", "rows b"]]);
  forget("rows a");
  assert.deepEqual(keysWith("rows "), ["rows b"]);
});

test("a storage that is forbidden keeps nothing and stops nobody", () => {
  const forbidden = () => {
    throw new DOMException("no", "SecurityError");
  };
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: forbidden });
  remember("key", "value");
  forget("key");
  assert.deepEqual([recall("key"), keysWith("")], [null, []]);
  Reflect.deleteProperty(globalThis, "sessionStorage");
});

test("asking again waits for the answer, and for as long as is said then", async () => {
  let asked = 0;
  let answer;
  const pauses = [100, 50];
  const ask = () => {
    asked += 1;
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  repeat(ask, () => pauses.shift() ?? 1000);
  await pass(99);
  assert.equal(asked, 0);
  await pass(1);
  assert.equal(asked, 1);
  await pass(10_000);
  assert.equal(asked, 1); // the first answer has not come yet
  answer();
  await pass(0);
  await pass(50);
  assert.equal(asked, 2);
});

for (const [error, isGone] of [
  [new TypeError("Failed to fetch"), true],
  [new DOMException("too late", "AbortError"), true],
  [new SyntaxError("no JSON"), false],
]) {
  test(`${error.name} is ${isGone ? "a line that is gone" : "a fault"}`, () => assert.equal(isLineGone(error), isGone));
}
