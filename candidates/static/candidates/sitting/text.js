// Texts of the page: counted as the server counts them, and shown in the page's language.

// Characters as the server counts them: code points, not the halves of which some are made here.
export const characters = (value) => {
  let count = value.length;
  for (let place = 1; place < value.length; place += 1) {
    const isSecondHalf = (value.charCodeAt(place) & 0xfc00) === 0xdc00;
    if (isSecondHalf && (value.charCodeAt(place - 1) & 0xfc00) === 0xd800) count -= 1;
  }
  return count;
};

export const wordCount = (value) => value.split(/\s+/).filter(Boolean).length;

export const figure = (number) => number.toLocaleString(document.documentElement.lang || "en");

// The sentences that the server has translated for the scripts of this page.
export const wordsOfPage = () => JSON.parse(document.getElementById("script-words")?.textContent ?? "{}");

export const say = (element, ...parts) => element.replaceChildren(...parts);

// The same, but what stands there already is not written again: screen readers would say it again.
export const sayOnce = (element, sentence) => {
  if (element.textContent !== sentence) say(element, sentence);
};
