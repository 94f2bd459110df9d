// Editable rows: "Add another" and "Take out" without asking the server, and many rows in one field.
// Without it both buttons ask the server for the page again; more than 400 rows cannot be sent.
(() => {
  "use strict";
  const form = document.querySelector("form[data-rows]");
  if (!form) return;
  const body = form.querySelector("tbody");
  const fields = (row) => row.querySelectorAll("input");
  const changeNumber = (text, number) => text.replace(/\d+(?!.*\d)/, number);

  const renumber = () => {
    const rows = [...body.rows];
    rows.forEach((row, index) => {
      const number = String(index + 1);
      if (row.cells[0].textContent === number) return;
      row.cells[0].textContent = number;
      for (const element of row.querySelectorAll("[id]")) element.id = changeNumber(element.id, number);
      for (const element of row.querySelectorAll("[aria-label]")) {
        element.setAttribute("aria-label", changeNumber(element.getAttribute("aria-label"), number));
      }
      for (const element of row.querySelectorAll("[aria-describedby]")) {
        element.setAttribute("aria-describedby", changeNumber(element.getAttribute("aria-describedby"), number));
      }
      row.querySelector("[name=drop]").value = number;
    });
    const caption = form.querySelector("caption");
    caption.textContent = rows.length === 1 ? caption.dataset.one : caption.dataset.many.replace("{n}", rows.length);
    const note = form.querySelector("[data-note]");
    if (note) note.textContent = ""; // its sums are of the rows that came
  };

  // Which generated ID an empty cell will get.
  const foretell = () => {
    const cells = [...body.rows].map((row) => fields(row)[0]);
    const typed = new Set(cells.map((cell) => cell.value.trim()));
    let number = Number(form.dataset.after);
    for (const cell of cells) {
      if (cell.value.trim()) continue;
      do number += 1; while (typed.has(String(number).padStart(4, "0")));
      cell.placeholder = String(number).padStart(4, "0");
    }
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches("[data-more]")) {
      event.preventDefault();
      const row = body.rows[body.rows.length - 1].cloneNode(true);
      for (const why of row.querySelectorAll("p")) why.remove();
      for (const field of fields(row)) {
        field.value = "";
        field.removeAttribute("aria-invalid");
        field.removeAttribute("aria-describedby");
      }
      row.cells[0].textContent = "";
      body.append(row);
      renumber();
      foretell();
      fields(row)[0].focus();
    } else if (button?.name === "drop" && body.rows.length > 1) {
      event.preventDefault();
      const row = button.closest("tr");
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      renumber();
      foretell();
      next.querySelector("[name=drop]").focus();
    }
  });
  body.addEventListener("change", foretell);

  // The server takes at most 1000 fields.
  form.addEventListener("formdata", (event) => {
    if (!form.elements.rows) return;
    const pairs = [...body.rows].map((row) => [...fields(row)].map((field) => field.value));
    event.formData.set("rows", JSON.stringify(pairs));
  });

  // The second click of a double click would only clash with the first. Not for long: loading may have been stopped.
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    setTimeout(() => { sent = false; }, 3000);
  });
})();
