// "Copy" beside what is typed elsewhere: there only where this script runs and the browser lets it.
export const offerCopy = (button, clipboard) => {
  if (!clipboard) return;
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
    setTimeout(() => {
      button.textContent = words;
    }, 3_000);
  });
};

if (globalThis.document) {
  for (const button of document.querySelectorAll("button[data-copy]")) offerCopy(button, navigator.clipboard);
}
