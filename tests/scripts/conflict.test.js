import assert from "node:assert/strict";
import { test } from "node:test";
import { isOwn, judge, rebase } from "../../candidates/static/candidates/sitting/conflict.js";

test("what was sent and what was held is a page's own, whatever stands there now", () => {
  const page = { sent: ["one", "one two"], savedText: "" };
  assert.deepEqual(
    ["one", "one two", "", "other"].map((text) => isOwn(text, page)),
    [true, true, true, false],
  );
});

const PAGE = { base: 4, savedText: "On the server." };

for (const [what, draft, verdict] of [
  ["goes on from the revision of the page", { base: 4, text: "On the server. More.", sent: [] }, "goes on"],
  ["takes everything back", { base: 4, text: "", sent: [] }, "goes on"],
  ["was on its way when its page went away", { base: 4, text: "On the server.", sent: ["On the"] }, "goes on"],
  ["was saved, and its receipt lost", { base: 3, text: "On the server.", sent: [] }, "settled"],
  ["was typed on after a save whose receipt was lost", { base: 3, text: "More.", sent: ["On the server."] }, "goes on"],
  ["is older than what another device has saved", { base: 3, text: "Mine.", sent: ["Mine"] }, "two versions"],
  ["is newer than a server that was restored from a copy", { base: 9, text: "Mine.", sent: [] }, "two versions"],
]) {
  test(`a draft that ${what}: ${verdict}`, () => assert.equal(judge(draft, PAGE), verdict));
}

for (const [from, to, onto, made] of [
  ["Slow", "Slow", "Slow FAST", "Slow FAST"],
  ["Slow", "Slow on", "Slow FAST", "Slow FAST on"],
  ["", "x", "Draft", "Draftx"],
  ["aa", "aaa", "aab", "aaba"],
  ["One three", "One two three", "One three four", "One two three four"],
  ["One two", "One", "One two three", "One three"],
  ["One two", "Two", "Something else", "Something elseT"],
  ["One", "One", "", ""],
]) {
  test(`what made “${to}” of “${from}” is typed into “${onto}”`, () => assert.equal(rebase(from, to, onto), made));
}
