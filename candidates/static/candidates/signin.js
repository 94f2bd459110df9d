// Logging in from a page that stays open: where it is not this person's turn yet, the page tries again by itself, with
// what was typed, which lies nowhere else. Without this script the form is sent as ever, and has to be typed again.

const UNKNOWN = 5; // seconds, where nothing says when to come back
const LONGEST = 60;

const start = () => {
  const form = document.querySelector("form[data-login]");
  const status = document.querySelector("[data-login-waits]");
  if (!form || !status) return;
  const button = form.querySelector("[type=submit]");
  let timer = null;
  let sending = false;

  const rest = () => {
    clearTimeout(timer);
    timer = null;
    button.disabled = false;
    status.hidden = true;
  };

  const wait = (words, seconds) => {
    status.hidden = false;
    status.textContent = words;
    button.disabled = true;
    // Not all at the same moment again.
    timer = setTimeout(send, Math.min(seconds || UNKNOWN, LONGEST) * 1000 * (1 + Math.random()));
  };

  // Whatever else comes is a page: a refusal with its sentence, or what went wrong.
  const show = async (answer) => {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = page.title;
    document.body.replaceWith(document.adoptNode(page.body));
    document.querySelector("[data-focus], .ds-error-summary")?.focus();
    start();
  };

  const send = async () => {
    sending = true;
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
      });
      const isJson = answer.headers.get("Content-Type") === "application/json";
      if (answer.status === 503) {
        // The proxy has a page for it, and no code.
        const isTurn = isJson && (await answer.json()).code !== "no_place";
        const words = isTurn ? status.dataset.loginUnreachable : status.dataset.loginWaits;
        wait(words, Number(answer.headers.get("Retry-After")));
      } else if (isJson) {
        location.assign((await answer.json()).address);
        return; // the button stays as it is until the next page is there
      } else await show(answer);
    } catch {
      wait(status.dataset.loginUnreachable, UNKNOWN);
    }
    sending = false;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    rest();
    send();
  });
  // Who types something else while the page waits is not sent half-way.
  form.addEventListener("input", () => timer && rest());
};

start();
