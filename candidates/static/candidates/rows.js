// Editable rows: "Add another" and "Take out" without asking the server, and many rows in one field.
// Without it both buttons ask the server for the page again; more than 400 rows cannot be sent.
// What was typed stays in this tab until the server has taken it or somebody logs out (deliver.js forgets it then), so
// that it comes back after a session that ended meanwhile.

import { forget, recall, remember } from "./shared/storage.js";

const keepRows = (box) => {
  const who = document.querySelector(".who span")?.textContent ?? "";
  const key = `deliver-rows ${box.dataset.kept}`;
  // Without storage, or with a full one, rows are as safe as the page.
  const store = (kept) => (kept ? remember(key, JSON.stringify(kept)) : forget(key));
  const keptRows = () => {
    try {
      const kept = JSON.parse(recall(key));
      if (kept?.who === who) return kept;
    } catch {
      // Nothing that this script wrote.
    }
    store(null); // of somebody else at this machine
    return null;
  };
  const offer = (count, bringBack) => {
    const words = (text) => text.replace("{n}", count);
    box.querySelector("p").textContent = words(count === 1 ? box.dataset.one : box.dataset.many);
    const button = box.querySelector("button");
    button.textContent = words(count === 1 ? button.dataset.one : button.dataset.many);
    button.onclick = bringBack;
    box.hidden = false;
  };

  const form = document.querySelector("form[data-rows]");
  const kept = keptRows();
  if (!form) {
    // The page that asks how many rows to generate: the rows come back where there is a table for them.
    if (kept) {
      offer(kept.rows.length, () => {
        store({ ...kept, back: true });
        location.assign(`?n=${kept.rows.length}${kept.rows.some((row) => row.length > 2) ? "&more=on" : ""}`);
      });
    }
    return;
  }
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
      do number += 1;
      while (typed.has(String(number).padStart(4, "0")));
      cell.placeholder = String(number).padStart(4, "0");
    }
  };

  const addRow = () => {
    const row = body.rows[body.rows.length - 1].cloneNode(true);
    for (const why of row.querySelectorAll("p")) why.remove();
    for (const field of fields(row)) {
      field.value = field.defaultValue = "";
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    row.cells[0].textContent = "";
    body.append(row);
    return row;
  };

  // What is in the table, and what of it the server does not know.
  const cellsOf = () => [...body.rows].map((row) => [...fields(row)].map((field) => field.value));
  const came = body.rows.length;
  const typed = () =>
    body.rows.length !== came || [...fields(body)].some((field) => field.value !== field.defaultValue);
  let waiting = []; // rows that are offered, and not asked for yet
  const keep = (sent = false) => {
    if (sent || typed()) store({ who, sent, rows: [...waiting, ...cellsOf()] });
  };
  const bringBack = (rows) => {
    waiting = [];
    // Behind them what was typed since; generated rows were only a proposal.
    const since = form.querySelector("[data-more]") ? cellsOf().filter((row) => row.some((cell) => cell.trim())) : [];
    const all = [...rows, ...since];
    while (body.rows.length > all.length) body.rows[body.rows.length - 1].remove();
    while (body.rows.length < all.length) addRow();
    [...body.rows].forEach((row, index) => {
      fields(row).forEach((field, place) => {
        field.value = all[index][place] ?? "";
      });
    });
    renumber();
    foretell();
    box.hidden = true;
    store({ who, sent: false, rows: all });
    fields(body.rows[0])[0].focus();
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches("[data-more]")) {
      event.preventDefault();
      const row = addRow();
      renumber();
      foretell();
      keep();
      fields(row)[0].focus();
    } else if (button?.name === "drop" && body.rows.length > 1) {
      event.preventDefault();
      const row = button.closest("tr");
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      renumber();
      foretell();
      keep();
      next.querySelector("[name=drop]").focus();
    }
  });
  body.addEventListener("change", foretell);
  body.addEventListener("input", () => keep());
  form.querySelector(".commit a").addEventListener("click", () => store(null)); // Cancel

  // The server takes at most 1000 fields.
  form.addEventListener("formdata", (event) => {
    if (!form.elements.rows && body.rows.length <= Number(form.dataset.most)) return;
    for (const name of ["id", "extra", "name", "reference", "seat"]) event.formData.delete(name);
    event.formData.set("rows", JSON.stringify(cellsOf()));
  });

  // The second click of a double click would only clash with the first. Not for long: loading may have been stopped.
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    setTimeout(() => {
      sent = false;
    }, 3000);
    keep(true);
  });

  // A page that came back with problems holds what was sent.
  if (kept && !document.querySelector(".ds-error-summary") && JSON.stringify(kept.rows) !== JSON.stringify(cellsOf())) {
    if (kept.back) {
      bringBack(kept.rows);
    } else {
      waiting = kept.rows;
      store({ ...kept, sent: false });
      offer(kept.rows.length, () => bringBack(kept.rows));
    }
  }
};

const box = document.querySelector("[data-kept]");
if (box) keepRows(box);
