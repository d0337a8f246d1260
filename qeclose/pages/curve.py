"""The curve of a witness: XYᵀ going to A while the factors grow, as a table, a diagram and a slider."""

from __future__ import annotations

import json
import math as maths
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING

from qeclose.decide.evaluation import TIMES, UNSEEN, at, laurent_of
from qeclose.pages.formulas import equation, identifier, math, matrix
from qeclose.pages.markup import Child, Markup, element

if TYPE_CHECKING:
    from qeclose.algebra.curve import Laurent
    from qeclose.decide.witness import Witness

__all__ = ["limit", "line_names"]

_FROM, _TO = 0.0, 4.0
"""The slider goes from t = 1 to t = 10⁻⁴."""
_STEPS = 80
_WIDTH, _HEIGHT, _LEFT, _TOP = 420, 200, 46, 10
_MOST = 8
"""A matrix with more rows or columns is not written out."""

_Polynomials = list[list["Laurent"]]


def line_names(lines: Sequence[int], names: Sequence[str] | None) -> list[str]:
    """What the lines are called: by names, or from 1."""
    return [str(line + 1) if names is None else names[line] for line in lines]


def limit(witness: Witness, rows: Sequence[str], columns: Sequence[str]) -> list[Child]:
    """What the witness is, and all about it; ``rows`` and ``columns`` are the names of its lines."""
    lines = f"Rows {', '.join(rows)}; columns {', '.join(columns)}; all other entries are 0."
    said = "A is the limit of the product as t goes to 0, but no product of factors with these supports."
    return [element("p", f"{said} {lines}"), *_curve(witness, rows, columns)]


def _curve(witness: Witness, rows: Sequence[str], columns: Sequence[str]) -> list[Child]:
    """Everything about one witness; ``rows`` and ``columns`` are the names of its lines."""
    small = max(max(len(layer) for layer in witness.layers), 1) <= _MOST
    return [_formulas(witness) if small else None, _table(witness), _figure(witness, rows, columns, small)]


def _names(witness: Witness) -> list[str]:
    return ["X", "Y"] if len(witness.factors) == 2 else [f"X{l}" for l in range(1, len(witness.factors) + 1)]


def _product_name(witness: Witness) -> str:
    return "XYᵀ" if len(witness.factors) == 2 else "".join(_names(witness))


def _formulas(witness: Witness) -> Markup:
    shown = [(identifier("A"), witness.A)]
    if len(witness.factors) == 2:
        shown += [(identifier("X"), witness.X), (identifier("Y"), witness.Y)]
    else:
        shown += [(identifier("X", level), factor) for level, factor in enumerate(witness.factors)]
    return element(
        "div",
        *(element("p", math(equation(name, matrix(entries))), class_="formula") for name, entries in shown),
        class_="scroll",
        tabindex="0",
        role="group",
        aria_label="A, X and Y",
    )


def _table(witness: Witness) -> Markup:
    names = _names(witness)
    heads = ["t", f"‖A − {_product_name(witness)}‖", *(f"‖{name}‖" for name in names)]
    rows = []
    for t in TIMES:
        values = at(witness, t)
        rows.append([f"{float(t):g}", f"{values.distance:.3g}", *(f"{norm:.4g}" for norm in values.norms)])
    return element(
        "table",
        element("caption", "Ever nearer, and ever larger", class_="soft"),
        element(
            "thead", element("tr", *(element("th", head, scope="col", class_="number") for head in heads))
        ),
        element(
            "tbody", *(element("tr", *(element("td", cell, class_="number") for cell in row)) for row in rows)
        ),
    )


def _figure(witness: Witness, rows: Sequence[str], columns: Sequence[str], small: bool) -> Markup:
    factors = [_polynomials(factor) for factor in witness.factors]
    product = reduce(_times, factors)
    rest = [
        [
            {} if entry == UNSEEN else _minus(laurent_of(entry), made)
            for entry, made in zip(*lines, strict=True)
        ]
        for lines in zip(witness.A, product, strict=True)
    ]
    data = {
        "names": _names(witness), "product_name": _product_name(witness), "factors": _listed_all(factors), "rest": _listed(rest),
        "product": _listed(product), "left": _LEFT, "width": _WIDTH, "from": _FROM, "to": _TO,
    }  # fmt: skip
    slider = element(
        "input", type="range", min=_FROM, max=_TO, step=0.05, value=1, aria_label="t, from 1 to 0.0001"
    )
    live = element(
        "div",
        element("label", "t from 1 to 0.0001: ", slider),
        element("p", element("output", aria_live="polite")),
        _live_matrix(rows, columns, _product_name(witness)) if small else None,
        class_="live",
    )
    return element("figure", _diagram(rest, factors, _names(witness)), live, data_curve=json.dumps(data))


def _live_matrix(rows: Sequence[str], columns: Sequence[str], name: str) -> Markup:
    head = element(
        "tr",
        element("th", name, scope="col"),
        *(element("th", c, scope="col", class_="number") for c in columns),
    )
    body = [
        element(
            "tr",
            element("th", row, scope="row"),
            *(element("td", class_="number", data_entry=f"{i},{j}") for j in range(len(columns))),
        )
        for i, row in enumerate(rows)
    ]
    return element("table", element("thead", head), element("tbody", *body))


def _diagram(rest: _Polynomials, factors: list[_Polynomials], names: Sequence[str]) -> Markup:
    """‖A − XYᵀ‖ and the norms of the factors against t, both axes logarithmic."""
    steps = [_FROM + (_TO - _FROM) * step / _STEPS for step in range(_STEPS + 1)]
    lines = [[_log_norm(matrix, 10**-step) for step in steps] for matrix in (rest, *factors)]
    known = [value for line in lines for value in line if value is not None]
    low, high = maths.floor(min(known, default=0)), maths.ceil(max(known, default=1))
    high = max(high, low + 1)

    def x_of(step: float) -> float:
        return round(_LEFT + (step - _FROM) / (_TO - _FROM) * _WIDTH, 1)

    def y_of(value: float) -> float:
        return round(_TOP + (high - value) / (high - low) * _HEIGHT, 1)

    drawn: list[Child] = [_axes(x_of, y_of, low, high)]
    for number, line in enumerate(lines):
        points = " ".join(
            f"{x_of(step)},{y_of(value)}"
            for step, value in zip(steps, line, strict=True)
            if value is not None
        )
        drawn.append(element("polyline", points=points, class_=f"curve s{min(number, 3)}"))
    drawn.append(element("line", class_="now", x1=x_of(1), x2=x_of(1), y1=_TOP, y2=_TOP + _HEIGHT))
    told = ["‖A − product‖", *(f"‖{name}‖" for name in names)]
    for number, name in enumerate(told):
        y = _TOP + 12 + 18 * number
        drawn.append(
            element(
                "line",
                class_=f"curve s{min(number, 3)}",
                x1=_LEFT + _WIDTH + 8,
                x2=_LEFT + _WIDTH + 32,
                y1=y,
                y2=y,
            )
        )
        drawn.append(element("text", name, x=_LEFT + _WIDTH + 38, y=y + 4))
    size = {"width": _LEFT + _WIDTH + 140, "height": _TOP + _HEIGHT + 40}
    title = "The distance to A and the norms of the factors as t goes to 0, on logarithmic axes"
    picture = element(
        "svg",
        element("title", title),
        *drawn,
        role="img",
        viewBox=f"0 0 {size['width']} {size['height']}",
        **size,
    )
    return element("div", picture, class_="scroll", tabindex="0")


def _axes(x_of: Callable[[float], float], y_of: Callable[[float], float], low: int, high: int) -> list[Child]:
    below, beside = _TOP + _HEIGHT, _LEFT - 5
    frame = element("rect", class_="axis", x=_LEFT, y=_TOP, width=_WIDTH, height=_HEIGHT)
    times = [
        element("text", f"{10.0**-step:g}", x=x_of(step), y=below + 16, text_anchor="middle")
        for step in range(int(_FROM), int(_TO) + 1)
    ]
    values = [
        element("text", f"1e{value}", x=beside, y=y_of(value) + 4, text_anchor="end")
        for value in range(low, high + 1, max(1, (high - low) // 6))
    ]
    return [frame, *times, *values, element("text", "t →", x=_LEFT + _WIDTH, y=below + 32, text_anchor="end")]


def _log_norm(matrix: _Polynomials, t: float) -> float | None:
    """log₁₀ of the Frobenius norm at t; None if it is 0 or out of the range of floats."""
    try:
        square = sum(
            sum(float(value) * t**exponent for exponent, value in entry.items()) ** 2
            for row in matrix
            for entry in row
        )
        return maths.log10(square) / 2
    except (OverflowError, ValueError):
        return None


def _polynomials(matrix: Sequence[Sequence[str]]) -> _Polynomials:
    return [[laurent_of(entry) for entry in row] for row in matrix]


def _times(left: _Polynomials, right: _Polynomials) -> _Polynomials:
    columns = list(zip(*right, strict=True))
    return [[_inner(row, column) for column in columns] for row in left]


def _inner(row: Sequence[Laurent], column: Sequence[Laurent]) -> Laurent:
    found: dict[int, Fraction] = {}
    for a, b in zip(row, column, strict=True):
        for e, c in a.items():
            for f, d in b.items():
                found[e + f] = found.get(e + f, Fraction()) + c * d
    return {exponent: value for exponent, value in found.items() if value}


def _minus(a: Laurent, b: Laurent) -> Laurent:
    found = {exponent: a.get(exponent, Fraction()) - b.get(exponent, Fraction()) for exponent in {*a, *b}}
    return {exponent: value for exponent, value in found.items() if value}


def _listed(matrix: _Polynomials) -> list[list[list[tuple[int, float]]]]:
    return [[[(e, float(c)) for e, c in sorted(entry.items())] for entry in row] for row in matrix]


def _listed_all(factors: list[_Polynomials]) -> list[list[list[list[tuple[int, float]]]]]:
    return [_listed(factor) for factor in factors]
