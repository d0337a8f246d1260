"use strict";
// The curves of a page: a slider for t over what is drawn. Without this script the tables say the same.
document.documentElement.classList.add("scripted");
const at = (polynomial, t) => polynomial.reduce((sum, [exponent, value]) => sum + value * t ** exponent, 0);
const norm = (matrix, t) => Math.sqrt(matrix.flat().reduce((sum, entry) => sum + at(entry, t) ** 2, 0));
const shown = value => Math.abs(value) < 1e-12 ? "0" : String(Number(value.toPrecision(5)));
for (const figure of document.querySelectorAll("[data-curve]")) {
  const curve = JSON.parse(figure.dataset.curve);
  const slider = figure.querySelector("input"), said = figure.querySelector("output"), line = figure.querySelector(".now");
  const cells = figure.querySelectorAll("td[data-entry]");
  const show = () => {
    const t = 10 ** -slider.value;
    const norms = curve.factors.map((factor, index) => `‖${curve.names[index]}‖ = ${shown(norm(factor, t))}`);
    said.textContent = `t = ${shown(t)}: ‖A − ${curve.product_name}‖ = ${shown(norm(curve.rest, t))}, ${norms.join(", ")}`;
    const x = curve.left + (slider.value - curve.from) / (curve.to - curve.from) * curve.width;
    line.setAttribute("x1", x); line.setAttribute("x2", x);
    for (const cell of cells) {
      const [i, j] = cell.dataset.entry.split(",").map(Number);
      cell.textContent = shown(at(curve.product[i][j], t));
    }
  };
  slider.addEventListener("input", show);
  show();
}
