import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Clock, clockWords, serverClock } from "../../candidates/static/candidates/sitting/clock.js";

const WORDS = { lastMinute: "less than 1 min", hours: "{hours} h", minutes: "{minutes} min", left: "{time} left" };
const MINUTE = 60_000;

let clock;
let time; // ms
let shown;
let announced;
let overs;
let calls;

afterEach(() => mock.timers.reset());
beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [time, shown, announced, overs, calls] = [0, "", [], 0, 0];
  clock = new Clock({
    words: WORDS,
    show: (said) => {
      shown = said;
    },
    announce: (said) => announced.push(said),
    lastCall: () => {
      calls += 1;
    },
    over: () => {
      overs += 1;
    },
    now: () => time,
  });
});

for (const [seconds, said] of [
  [0, "0 min"],
  [1, "less than 1 min"],
  [59.9, "less than 1 min"],
  [60, "1 min"],
  [3599, "59 min"],
  [3600, "1 h"],
  [7260, "2 h 1 min"],
]) {
  test(`${seconds} seconds are said as “${said}”`, () => assert.equal(clockWords(seconds, WORDS), said));
}

test("a page that nobody has told the time says nothing and is never over", () => {
  clock.tick();
  assert.deepEqual([shown, overs, clock.secondsLeft], ["", 0, Number.POSITIVE_INFINITY]);
});

test("it counts down from what the server said, and is over at nought", () => {
  clock.set(2 * MINUTE);
  time = MINUTE;
  clock.tick();
  assert.deepEqual([shown, overs, clock.secondsLeft], ["1 min left", 0, 60]);
  time = 3 * MINUTE;
  clock.tick();
  assert.deepEqual([shown, overs], ["0 min left", 1]);
});

test("the time left is said aloud at 30, 10, 5 and 1 minutes, once each", () => {
  clock.set(40 * MINUTE);
  for (let left = 40; left > 0; left -= 0.25) {
    time = (40 - left) * MINUTE;
    clock.tick();
  }
  assert.deepEqual(announced, ["30 min left", "10 min left", "5 min left", "1 min left"]);
});

test("a page that is opened in the last minutes does not say aloud what it shows anyway", () => {
  clock.set(4 * MINUTE);
  clock.tick();
  assert.deepEqual(announced, []);
  time = 3.5 * MINUTE;
  clock.tick();
  assert.deepEqual(announced, ["less than 1 min left"]);
});

test("the last calls come before the end, and move with it when time is given", () => {
  clock.lastCalls = [5, 1];
  clock.set(10_000);
  mock.timers.tick(4_999);
  assert.equal(calls, 0);
  clock.set(20_000);
  mock.timers.tick(14_999);
  assert.equal(calls, 0);
  mock.timers.tick(4_001);
  assert.equal(calls, 2);
});

test("an end beyond the longest timer of browsers sets none that would fire at once", () => {
  clock.set(30 * 24 * 60 * MINUTE);
  mock.timers.tick(MINUTE);
  assert.equal(calls, 0);
});

test("each page has last calls of its own", () => {
  const other = new Clock({ words: WORDS });
  assert.notDeepEqual(clock.lastCalls, other.lastCalls);
  for (const one of [clock, other]) assert.ok(one.lastCalls[0] > one.lastCalls[1] && one.lastCalls[1] >= 0.5);
});

test("the server's clock goes on from what the page said", () => {
  const now = serverClock({ dataset: { now: "1700000000" } });
  assert.ok(now() >= 1_700_000_000_000 && now() < 1_700_000_060_000);
});
