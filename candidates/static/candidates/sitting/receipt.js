// The test after its end: what was on the page and did not come through in time is shown once more, to be copied.

import { serverClock } from "./clock.js";
import { Drafts, sweep } from "./draft.js";
import { logOut, logOutForm, wasLoggingOut } from "./leaving.js";

const squashed = (words) => words.replace(/\s+/g, "");

const late = document.querySelector("[data-late]");
if (late) {
  const { late: candidate, owner, draftKeys: keys } = late.dataset;
  late.removeAttribute("data-draft-keys");
  const drafts = new Drafts({ about: { candidate, owner, path: location.pathname }, keys });
  const throwAway = () => drafts.throwAllAway();

  const show = async () => {
    const handedIn = squashed(document.querySelector("[data-answer]").textContent);
    for (const { key, draft } of await drafts.ofCandidate()) {
      if (draft && squashed(draft.text) !== handedIn && draft.text.trim()) {
        late.querySelector("textarea").value = draft.text;
        late.hidden = false;
        return;
      }
      await drafts.throwAway(key); // it came through; only the answer that said so did not
    }
  };

  late.querySelector("button").addEventListener("click", async () => {
    await throwAway();
    late.hidden = true;
  });
  logOutForm()?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await throwAway(); // it stands on this page, with the sentence that says so
    logOut({ owner });
  });

  sweep(serverClock(late)());
  await show();
  if (late.hidden && wasLoggingOut()) logOut({ owner });
}
