"""How supports, verdicts, witnesses and explanations show themselves in a notebook."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from qeclose.decide.evaluation import UNSEEN, at, laurent_of
from qeclose.pages.document import document
from qeclose.pages.markup import Markup, element
from qeclose.pages.masks import masks
from qeclose.pages.verdict import explanation_page, verdicts_page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from qeclose.algebra.curve import Laurent
    from qeclose.decide.verdict import Verdict
    from qeclose.decide.witness import Matrix, Witness
    from qeclose.explaining import Explanation
    from qeclose.support.model import Support

__all__ = ["explanation_html", "plot", "support_html", "support_latex", "verdict_html", "witness_latex"]

_LARGE = 12
"""A matrix with more rows or columns is not written in LaTeX."""
_STEPS = 60


def support_html(support: Support) -> str:
    """The picture of the masks."""
    return _framed(document(repr(support), element("p", repr(support)), masks(support, None, {})), 420)


def verdict_html(verdict: Verdict) -> str:
    """The page of the verdict, in a frame of its own: its style does not reach the notebook."""
    return _framed(verdicts_page([verdict]), 600)


def explanation_html(explanation: Explanation) -> str:
    """Likewise."""
    return _framed(explanation_page(explanation), 600)


def _framed(page: str, height: int) -> Markup:
    return element("iframe", srcdoc=page, width="100%", height=height, title="qeclose", style="border: 0")


def support_latex(support: Support) -> str | None:
    """The supports as matrices of stars and zeros; None for large ones."""
    if max(size for mask in support.factors for size in mask.shape) > _LARGE:
        return None
    written = [
        _matrix([["\\ast" if entry == "1" else "0" for entry in row] for row in mask.to_strings()])
        for mask in support.factors
    ]
    names = ["X", "Y^\\top"] if len(written) == 2 else [f"X_{{{k}}}" for k in range(1, len(written) + 1)]
    return f"$\\displaystyle {' '.join(names)} \\in {' '.join(written)}$"


def witness_latex(witness: Witness) -> str | None:
    """A, and the factors as matrices of Laurent polynomials; None for large ones."""
    if max(map(len, witness.layers)) > _LARGE:
        return None
    pair = len(witness.factors) == 2
    named: list[tuple[str, Matrix]] = [("A", witness.A)]
    named += [("X", witness.X), ("Y", witness.Y)] if pair else []
    named += [] if pair else [(f"X_{{{k}}}", factor) for k, factor in enumerate(witness.factors, 1)]
    written = [f"{name} = {_matrix([list(map(_laurent, row)) for row in rows])}" for name, rows in named]
    listed = ",\\quad ".join(written)
    return f"$\\displaystyle {listed}$"


def plot(witness: Witness) -> Figure:
    """‖A − XYᵀ‖ and the norms of the factors against t, on logarithmic axes. Needs matplotlib (the extra ``plots``)."""
    from matplotlib.figure import Figure

    times = [Fraction(f"{10 ** (-4 * step / _STEPS):.6f}") for step in range(_STEPS + 1)]
    values = [at(witness, t) for t in times]
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    seconds = [float(value.t) for value in values]
    axes.loglog(seconds, [value.distance for value in values], label="‖A − product‖")
    names = ["X", "Y"] if len(witness.factors) == 2 else [f"X{k}" for k in range(1, len(witness.factors) + 1)]
    for number, name in enumerate(names):
        axes.loglog(seconds, [value.norms[number] for value in values], "--", label=f"‖{name}‖")
    axes.invert_xaxis()
    axes.set_xlabel("t → 0")
    axes.legend()
    return figure


def _matrix(rows: list[list[str]]) -> str:
    return "\\begin{pmatrix}" + " \\\\ ".join(" & ".join(row) for row in rows) + "\\end{pmatrix}"


def _laurent(text: str) -> str:
    if text == UNSEEN:
        return text
    value: Laurent = laurent_of(text)
    parts: list[Any] = []
    for exponent in sorted(value):
        size = abs(value[exponent])
        power = "" if exponent == 0 else "t" if exponent == 1 else f"t^{{{exponent}}}"
        number = "" if size == 1 and power else _number(size)
        sign = "-" if value[exponent] < 0 else "+" if parts else ""
        parts.append(f"{sign}{number}{power}")
    return "".join(parts) or "0"


def _number(size: Fraction) -> str:
    return str(size) if size.denominator == 1 else f"\\tfrac{{{size.numerator}}}{{{size.denominator}}}"
