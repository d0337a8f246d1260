"use strict";
// Sorting and filtering of the table of a batch.
document.documentElement.classList.add("scripted");
const body = document.querySelector("tbody"), rows = [...body.rows], count = document.querySelector("#count");
const wanted = document.querySelector("#wanted"), verdict = document.querySelector("#verdict");
const texts = rows.map(row => row.dataset.text.toLowerCase());
const filter = () => {
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  let visible = 0;
  rows.forEach((row, index) => {
    const fits = (!verdict.value || row.dataset.verdict === verdict.value) && words.every(word => texts[index].includes(word));
    row.hidden = !fits;
    visible += fits;
  });
  count.textContent = `${visible} of ${rows.length} shown`;
};
wanted.addEventListener("input", filter);
verdict.addEventListener("change", filter);
const order = new Map(rows.map((row, index) => [row, index]));
document.querySelectorAll("th button").forEach(button => button.addEventListener("click", () => {
  const head = button.closest("th"), column = head.cellIndex, down = head.getAttribute("aria-sort") === "ascending";
  document.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const number = head.classList.contains("number");
  const keys = new Map(rows.map(row => {
    const cell = row.cells[column], key = cell.dataset.key ?? cell.textContent;
    return [row, number ? Number(key) : key.toLowerCase()];
  }));
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const sorted = [...rows].sort((a, b) => (down ? -1 : 1) * compare(keys.get(a), keys.get(b)) || order.get(a) - order.get(b));
  body.append(...sorted);
}));
filter();
