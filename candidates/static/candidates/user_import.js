// The progress of an import: say when there is no news. Without it the page stands still and says when it was read.
(() => {
  "use strict";
  const watched = document.getElementById("watched");
  const still = document.querySelector("[data-still]");
  const reload = document.querySelector("[data-reload]");
  if (!watched || !window.htmx) return;
  still.hidden = true;

  const fallSilent = () => {
    reload.hidden = false;
  };
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(name, fallSilent);
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    // Somebody whose session has ended is sent to the login page; its answer is no news.
    const live = new URL(event.detail.xhr.responseURL, location.href).pathname.endsWith("/live/");
    if (live) reload.hidden = true;
    else {
      event.detail.shouldSwap = false;
      fallSilent();
    }
  });
})();
