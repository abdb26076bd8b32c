"use strict";
// Sorts models and narrows versions. Without it everything is shown, by name and newest first.
const table = document.getElementById("models");
const models = [...table.tBodies].map((body, at) => {
  const rows = [...body.rows].slice(1);
  const name = body.rows[0].textContent;
  return { body, at, name, rows: rows.map((row) => ({ row, text: (name + " " + row.textContent).toLowerCase() })) };
});
const find = document.getElementById("find");
const only = document.getElementById("only");
const newest = document.getElementById("newest");
const shown = document.getElementById("shown");

function narrow() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  let total = 0;
  for (const { body, rows } of models) {
    let any = false;
    rows.forEach(({ row, text }, at) => {
      const fits = words.every((word) => text.includes(word))
        && (!only.value || row.classList.contains(only.value))
        && (!newest.checked || at === 0);
      row.hidden = !fits;
      any = any || fits;
      count += fits;
      total += 1;
    });
    body.hidden = !any;
  }
  shown.value = count.toLocaleString("en") + " of " + total.toLocaleString("en") + " bundles";
}

function counted(cell, name) {
  const found = cell.querySelector("." + name);
  return found ? parseInt(found.textContent, 10) : 0;
}

function key(model, column) {
  const cell = model.rows[0].row.cells[column];
  if (column === 0) return model.name;
  if (column === 4 || column === 5) return parseInt(cell.textContent, 10);
  if (column === 6) return counted(cell, "exception") * 1e8 + counted(cell, "missing") * 1e4 + counted(cell, "needs");
  if (column === 7) return cell.dataset.day || "";
  return cell.querySelector(".none") ? "" : cell.textContent;
}

const collator = new Intl.Collator(undefined, { numeric: true });
function compare(a, b, way) {
  if (a.key === b.key) return a.model.at - b.model.at;
  if (a.key === "") return 1;
  if (b.key === "") return -1;
  return way * (typeof a.key === "number" ? a.key - b.key : collator.compare(a.key, b.key));
}

const heads = [...table.tHead.rows[0].cells];
function sort(column) {
  const numeric = column >= 4 && column <= 6 || column === 3;
  const before = heads[column].getAttribute("aria-sort");
  const falls = before ? before === "ascending" : numeric;
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", falls ? "descending" : "ascending");
  const keyed = models.map((model) => ({ model, key: key(model, column) }));
  keyed.sort((a, b) => compare(a, b, falls ? -1 : 1));
  table.append(...keyed.map(({ model }) => model.body));
}

heads.forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  button.addEventListener("click", () => sort(column));
  head.append(button);
});
const form = document.getElementById("narrow");
form.addEventListener("submit", (event) => event.preventDefault());
find.addEventListener("input", narrow);
only.addEventListener("change", narrow);
newest.addEventListener("change", narrow);
form.hidden = false;
narrow();
