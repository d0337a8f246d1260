"""Models are checked before they are handed on; QEPCAD's sample points become exact numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from qeclose.engine.protocol import AlgebraicNumber
from qeclose.engine.qepcad_samples import parse_witness
from qeclose.engine.questions import check_model, require_sentence, system_of
from qeclose.errors import EngineGarbled, UsageError
from qeclose.formula.language import And, Atom, Exists, ForAll, Not, Or, Relation
from qeclose.formula.numbers import root_of

x, y = sympy.symbols("x y")
ROOT = root_of(sympy.Poly(x**2 - 2, x, domain="QQ"), 2)

CELL = """
---------- Information about the cell (2,2,2) ----------

Level                       : 3
Truth value                 : T    by trial evaluation.
----------   Sample point  ----------
The sample point is in an EXTENDED representation.

alpha = the unique root of x^4 - 10 x^2 + 1 between -13/4 and -3
      = -3.1462643699+

Coordinate 1 = 1/2 alpha^3 - 9/2 alpha
             = -1.4142135624-
Coordinate 2 = 5/7
             = 0.7142857143-
Coordinate 3 = the unique root of x^3 - 1/2 alpha^2 + 5/2 between 0 and 4
             = the unique root of x^6 - 6 between 0 and 4
             = 1.3480061546-

----------------------------------------------------
"""


def approximation(number: Fraction | AlgebraicNumber) -> float:
    if isinstance(number, Fraction):
        return float(number)
    (near,) = [
        root
        for root in sympy.Poly(number.polynomial).nroots(n=30)
        if abs(sympy.im(root)) < 1e-20
        and number.low - Fraction(1, 10**9) <= Fraction(str(sympy.re(root))) <= number.high
    ]
    return float(near)


def test_a_sample_point_becomes_exact_numbers() -> None:
    first, second, third = parse_witness(CELL)
    assert isinstance(first, AlgebraicNumber)
    assert first.polynomial.as_expr().subs(first.polynomial.gen, x) == x**2 - 2
    assert approximation(first) == pytest.approx(-(2**0.5))
    assert second == Fraction(5, 7)
    assert approximation(third) == pytest.approx(6 ** (1 / 6))


def test_only_the_first_cell_counts_and_no_cell_is_no_point() -> None:
    assert len(parse_witness(CELL + CELL)) == 3
    assert parse_witness("\n") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("5/7\n", "5 apples\n"),
        ("Coordinate 2", "Coordinate 4"),
        ("between -13/4 and -3", "between 100 and 101"),
        ("             = the unique root of x^6 - 6 between 0 and 4\n", ""),
        ("Coordinate", "Number"),
        ("x^4 - 10 x^2 + 1", "x^4 - y"),
    ],
)
def test_a_sample_point_that_is_garbled_is_refused(old: str, new: str) -> None:
    assert old in CELL
    with pytest.raises(ValueError, match=r"."):
        parse_witness(CELL.replace(old, new))


@given(st.fractions(max_denominator=20), st.fractions(max_denominator=20), st.sampled_from(list(Relation)))
def test_rational_models_are_checked_exactly(value: Fraction, offset: Fraction, relation: Relation) -> None:
    gap = x - sympy.Rational(offset.numerator, offset.denominator)
    system = Atom(gap, relation)
    if relation.holds(value - offset):
        check_model("engine", system, {x: value})
    else:
        with pytest.raises(EngineGarbled, match="does not satisfy"):
            check_model("engine", system, {x: value})


@pytest.mark.parametrize(
    "system",
    [
        Atom(x**2 - 2, Relation.EQ),
        Atom(x - 1, Relation.GT),
        Not(Atom(x - y, Relation.EQ)),
        Or((Atom(x, Relation.LT), And((Atom(x * y - x, Relation.GE), Atom(y, Relation.NE))))),
    ],
)
def test_an_irrational_model_that_holds_is_taken(system: Atom | Not | Or) -> None:
    check_model("engine", system, {x: ROOT, y: Fraction(1)})


@pytest.mark.parametrize(
    "system",
    [
        Atom(x**2 - 3, Relation.EQ),
        Atom(x - 1, Relation.LE),
        Atom(x**2 + y, Relation.LT),
        Not(Atom(x, Relation.NE)),
        And((Atom(x**2 - 2, Relation.EQ), Atom(y, Relation.EQ))),
        Or((Atom(x, Relation.LT), Atom(x - 2, Relation.GE))),
        Atom(y - 1, Relation.NE),
    ],
)
def test_an_irrational_model_that_fails_is_refused(system: Atom | Not | And | Or) -> None:
    with pytest.raises(EngineGarbled, match="does not satisfy"):
        check_model("engine", system, {x: ROOT, y: Fraction(1)})


def test_only_closed_formulas_are_sentences() -> None:
    require_sentence("engine", Exists((x,), Atom(x, Relation.EQ)))
    with pytest.raises(UsageError, match="free variables: x, y"):
        require_sentence("engine", Atom(x - y, Relation.EQ))


def test_a_system_is_the_matrix_of_an_existential_formula() -> None:
    atom = Atom(x - y, Relation.EQ)
    assert system_of("engine", Exists((x,), atom)) == atom
    assert system_of("engine", Not(ForAll((x,), Not(atom)))) == atom
    with pytest.raises(UsageError, match="existential"):
        system_of("engine", Not(Exists((x,), atom)))
