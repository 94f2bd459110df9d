// Buttons that copy a text of the page: hidden until there is a clipboard, which plain http does not have.

export const letCopy = (page, clipboard) => {
  if (!clipboard) return;
  for (const button of page.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await clipboard.writeText(page.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = button.dataset.copied;
    });
  }
};
