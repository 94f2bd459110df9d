import assert from "node:assert/strict";
import { test } from "node:test";
import { characters, wordCount } from "../../candidates/static/candidates/sitting/text.js";

const THUMB = "\u{1f44d}";

for (const [value, count] of [
  ["", 0],
  ["abc\n", 4],
  [THUMB, 1],
  [`a${THUMB}${THUMB}b`, 4],
  [THUMB[0], 1], // a half alone is what the server counts as one, too
  [THUMB[1] + THUMB[0], 2],
  [`a${THUMB[1]}`, 2],
]) {
  test(`${JSON.stringify(value)} has ${count} characters, as the server counts them`, () => {
    assert.equal(characters(value), count);
    assert.equal(characters(value), [...value].length);
  });
}

test("words are what stands between white space", () => {
  assert.deepEqual(["", "  \n", "one", " two  words\n"].map(wordCount), [0, 0, 1, 2]);
});
