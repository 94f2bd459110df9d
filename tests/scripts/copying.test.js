import assert from "node:assert/strict";
import { test } from "node:test";
import { letCopy } from "../../candidates/static/candidates/shared/copying.js";

const pageWith = () => {
  const button = { hidden: true, dataset: { copy: "key", copied: "Copied" }, textContent: "Copy" };
  button.addEventListener = (_name, press) => {
    button.press = press;
  };
  const page = { querySelectorAll: () => [button], getElementById: (id) => ({ textContent: ` ${id} of the hall\n` }) };
  return { button, page };
};

test("a press copies the text and says so", async () => {
  const { button, page } = pageWith();
  const copied = [];
  letCopy(page, { writeText: async (text) => copied.push(text) });
  assert.equal(button.hidden, false);
  await button.press();
  assert.deepEqual(copied, ["key of the hall"]);
  assert.equal(button.textContent, "Copied");
});

test("without a clipboard the button stays hidden", () => {
  const { button, page } = pageWith();
  letCopy(page, undefined);
  assert.equal(button.hidden, true);
});
