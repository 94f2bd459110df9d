// The tab's own storage. A browser may forbid it or have it full: then nothing is kept, and nothing breaks. What lies
// here lies readable on the disk, so the text of an answer never does (sitting/draft.js keeps that, sealed).

const trying = (act, otherwise) => {
  try {
    return act();
  } catch {
    return otherwise;
  }
};

export const recall = (key) => trying(() => sessionStorage.getItem(key), null);
export const remember = (key, value) => trying(() => sessionStorage.setItem(key, value));
export const forget = (key) => trying(() => sessionStorage.removeItem(key));
export const keysWith = (prefix) =>
  trying(() => Object.keys(sessionStorage).filter((key) => key.startsWith(prefix)), []);
