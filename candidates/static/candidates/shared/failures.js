// Tell when htmx has asked for news and gets none: no answer, an answer that is an error, or none in time.
export const onFailure = (tell) => {
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.addEventListener(name, tell);
};
