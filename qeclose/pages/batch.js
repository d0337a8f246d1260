"use strict";
// Sorting and filtering of the table of a batch. Only the first rows that fit are in the page; more come as one scrolls,
// for a browser takes seconds to lay out ten thousand rows again.
document.documentElement.classList.add("scripted");
const PORTION = 100;
const body = document.querySelector("tbody"), rows = [...body.rows], count = document.querySelector("#count");
const wanted = document.querySelector("#wanted"), verdict = document.querySelector("#verdict");
const more = document.querySelector("#more"), heads = [...document.querySelectorAll("th")];
const texts = rows.map(row => row.dataset.text.toLowerCase());
let order = rows.map((row, index) => index), fitting = order, shown = 0;
const extend = portion => {
  body.append(...fitting.slice(shown, shown + portion).map(index => rows[index]));
  shown = Math.min(shown + portion, fitting.length);
  more.hidden = shown === fitting.length;
};
const show = () => {
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  fitting = order.filter(index => (!verdict.value || rows[index].dataset.verdict === verdict.value)
    && words.every(word => texts[index].includes(word)));
  count.textContent = `${fitting.length} of ${rows.length} shown`;
  body.replaceChildren();
  shown = 0;
  extend(PORTION);
};
wanted.addEventListener("input", show);
verdict.addEventListener("change", show);
more.addEventListener("click", () => extend(PORTION));
new IntersectionObserver(seen => seen.some(one => one.isIntersecting) && extend(PORTION), { rootMargin: "600px" }).observe(more);
addEventListener("beforeprint", () => extend(rows.length));
// The place of each row if the table were sorted by a column: equal keys have the same place.
const places = column => {
  const number = heads[column].classList.contains("number"), first = rows.map(row => row.cells[column].textContent);
  const keys = number ? first.map(Number) : first.map(key => key.toLowerCase());
  const places = new Map([...new Set(keys)].sort((a, b) => (a < b ? -1 : 1)).map((key, place) => [key, place]));
  return keys.map(key => places.get(key));
};
const known = [];
document.querySelectorAll("th button").forEach(button => button.addEventListener("click", () => {
  const head = button.closest("th"), down = head.getAttribute("aria-sort") === "ascending", column = head.cellIndex;
  heads.forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const place = known[column] ??= places(column), sign = down ? -1 : 1;
  order = rows.map((row, index) => index).sort((a, b) => sign * (place[a] - place[b]));
  show();
}));
// While nobody waits, so that the first click need not.
const ahead = column => {
  if (column < heads.length) {
    known[column] ??= places(column);
    setTimeout(ahead, 20, column + 1);
  }
};
setTimeout(ahead, 200, 0);
show();
