import assert from "node:assert/strict";
import { test } from "node:test";
import { offerCopy } from "../../candidates/static/candidates/copy.js";

const button = () => {
  const made = { hidden: true, textContent: "Copy", dataset: { copy: "HAV-204 718 533", copied: "Copied" } };
  made.addEventListener = (_name, press) => {
    made.press = press;
  };
  return made;
};

test("it is offered where the browser has a clipboard, and copies what it stands beside", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const taken = [];
  const shown = button();
  offerCopy(shown, { writeText: async (text) => taken.push(text) });
  assert.equal(shown.hidden, false);
  await shown.press();
  assert.deepEqual([taken, shown.textContent], [["HAV-204 718 533"], "Copied"]);
  t.mock.timers.tick(3_000);
  assert.equal(shown.textContent, "Copy");
});

test("it stays away where there is none", () => {
  const hidden = button();
  offerCopy(hidden, undefined);
  assert.equal(hidden.hidden, true);
});
