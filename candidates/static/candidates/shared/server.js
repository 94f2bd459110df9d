// Asking the server from a page that stays open.

const GIVE_UP = 15000; // ms without an answer that count as a line that is gone

export const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? "";

// The cookie knows a log-in that happened in another tab; the token in the page does not.
export const token = (csrfCookie) =>
  (csrfCookie && cookie(csrfCookie)) || document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

export const post = async (url, fields, { csrfCookie = "", keepalive = false } = {}) => {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), GIVE_UP);
  try {
    return await fetch(url, {
      method: "POST",
      body,
      keepalive,
      redirect: "manual",
      signal: stop.signal,
      headers: { Accept: "application/json", "X-CSRFToken": token(csrfCookie) },
    });
  } finally {
    clearTimeout(timer);
  }
};

// What `post` and reading its answer throw where there is no line; anything else is a fault of ours.
export const isLineGone = (error) => error instanceof TypeError || error.name === "AbortError";
