// The progress of an import: say when there is no news. Without it the page stands still and says when it was read.
import { onFailure } from "./shared/failures.js";

const watched = document.getElementById("watched");
if (watched && window.htmx) {
  document.querySelector("[data-still]").hidden = true;
  const reload = document.querySelector("[data-reload]");
  const fallSilent = () => {
    reload.hidden = false;
  };
  onFailure(fallSilent);
  document.addEventListener("htmx:beforeSwap", (event) => {
    // Somebody whose session has ended is sent to the login page; its answer is no news.
    const live = new URL(event.detail.xhr.responseURL, location.href).pathname.endsWith("/live/");
    if (live) reload.hidden = true;
    else {
      event.detail.shouldSwap = false;
      fallSilent();
    }
  });
}
