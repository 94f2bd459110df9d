// Send the fields of a launch once more, from this site (pages/signin/lti.py).

export function sendAgain(form, later = setTimeout) {
  if (form) {
    later(() => form.requestSubmit(), Number(form.dataset.again) * 1000);
  }
}

if (globalThis.document) {
  sendAgain(document.querySelector("form[data-again]"));
}
