r"""Formulas as LaTeX mathematics, for the ``align*`` environment of amsmath.

Names become indexed letters: ``x11`` is printed ``x_{11}``, ``eps`` is ``\varepsilon``.
"""

from __future__ import annotations

import re
from fractions import Fraction

from qeclose.formula.language import Formula, Relation
from qeclose.formula.names import NameRules, Names
from qeclose.formula.printers.infix import PolynomialStyle, Style, formula_text, infix_atom
from qeclose.formula.symbols import all_symbols

__all__ = ["to_latex"]

_GREEK = """
    alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega
"""
_LINE = 72


def _typeset(name: str) -> str:
    pieces = re.findall(r"[A-Za-z]+|[0-9]+", name) or ["v"]
    if not pieces[0].isalpha():
        pieces.insert(0, "v")
    base, *indices = pieces
    if len(indices) == 1 and indices[0].isdecimal() and len(indices[0]) > 2 and len(indices[0]) % 2 == 0:
        half = len(indices[0]) // 2
        indices = [indices[0][:half], indices[0][half:]]
    letter = {"eps": r"\varepsilon"}.get(base) or (f"\\{base}" if base in _GREEK.split() else base)
    if len(letter) > 1 and not letter.startswith("\\"):
        letter = f"\\mathit{{{letter}}}"
    return f"{letter}_{{{','.join(indices)}}}" if indices else letter


_RULES = NameRules(
    re.compile(r"(\\[a-z]+(\{[A-Za-z]+\})?|[A-Za-z])(_\{[A-Za-z0-9,]*\})?'*"),
    repair=_typeset,
    number=lambda name, number: name + "'" * number,
)


def _fraction(value: Fraction) -> str:
    return (
        str(value.numerator)
        if value.denominator == 1
        else f"\\frac{{{value.numerator}}}{{{value.denominator}}}"
    )


_STYLE = Style(
    polynomial=PolynomialStyle(
        times=" ", power=lambda base, exponent: f"{base}^{{{exponent}}}", number=_fraction
    ),
    atom=infix_atom({Relation.NE: r"\neq", Relation.LE: r"\leq", Relation.GE: r"\geq"}),
    true=r"\mathrm{true}",
    false=r"\mathrm{false}",
    conjunction=r" \land ".join,
    disjunction=r" \lor ".join,
    negation=lambda text: f"\\lnot {text}" if text.startswith("(") else f"\\lnot ({text})",
    exists=lambda variables, body: f"\\exists {', '.join(variables)} \\colon {body}",
    for_all=lambda variables, body: f"\\forall {', '.join(variables)} \\colon {body}",
    group=lambda text: f"({text})",
    group_quantifiers=True,
)
_BREAK_BEFORE = frozenset({"+", "-", r"\land", r"\lor", r"\exists", r"\forall", r"(\exists", r"(\forall"})


def to_latex(formula: Formula) -> str:
    r"""The formula as an ``align*`` environment, broken over lines; it needs amsmath and nothing else.

    Formulas longer than a page need amsmath's ``\allowdisplaybreaks``.
    """
    names = Names.choose(all_symbols(formula), _RULES)
    lines = _broken(formula_text(formula, _STYLE, names))
    body = " \\\\\n".join(f"& {line}" for line in lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def _broken(text: str) -> list[str]:
    lines: list[str] = []
    line, width = "", 0
    for word in text.split(" "):
        seen = len(re.sub(r"\\[a-zA-Z]+|[{}_^]", "", word)) + 1
        breakable = word in _BREAK_BEFORE or line.endswith(",")
        if line and breakable and width + seen > _LINE:
            lines.append(line)
            line, width = "", 0
        line = f"{line} {word}" if line else word
        width += seen
    return [*lines, line]
