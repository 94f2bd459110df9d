import assert from "node:assert/strict";
import { test } from "node:test";
import { sendAgain } from "../../candidates/static/candidates/lti_again.js";

test("the fields of a launch are sent again at once, or after the seconds that the page says", () => {
  const waits = [];
  let sent = 0;
  const later = (act, wait) => {
    waits.push(wait);
    act();
  };
  for (const again of ["0", "5"]) {
    sendAgain({ dataset: { again }, requestSubmit: () => (sent += 1) }, later);
  }
  sendAgain(null, later);
  assert.deepEqual([waits, sent], [[0, 5000], 2]);
});
