"""Certified chains against QEPCAD and Z3, which know nothing of the theorems: no engine that finishes says otherwise."""

import itertools
from time import monotonic

import pytest
import sympy

import qeclose
from qeclose.certify.chains.decide import CertifiedChain, certify_chain
from qeclose.checker import verify
from qeclose.engine.protocol import Limits
from qeclose.engine.registry import find_engine
from qeclose.formula.builders import AtomShape, entries, membership
from qeclose.formula.operations import substitute
from qeclose.support import Support
from qeclose.support.families import butterfly

SHAPES = {"L": ["10", "11"], "U": ["11", "01"], "D": ["10", "01"], "F": ["11", "11"]}
"""Lower and upper triangular, diagonal and full factors of order 2."""


def product_of(letters):
    return Support.of_factors([[[int(e) for e in row] for row in SHAPES[c]] for c in letters], name=letters)


def verdict_of(support):
    result = certify_chain(support, deadline=monotonic() + 20)
    if not isinstance(result, CertifiedChain):
        return "undecided"
    assert verify(result.certificate, support).complete
    return "well-posed" if result.closed else "ill-posed"


def verdict_by(engine, support, seconds):
    return qeclose.check(support, method="staged", presolve=False, engines=[engine], timeout=seconds).verdict


@pytest.mark.parametrize("letters", ["LUL", "LDU", "LLU", "DLF"])
def test_qepcad_agrees_on_products_of_three_factors_of_order_two(letters):
    support = product_of(letters)
    assert verdict_by("qepcad", support, 60) == verdict_of(support) != "undecided"


@pytest.mark.slow
@pytest.mark.parametrize("letters", ["".join(c) for c in itertools.product("LUDF", repeat=3)])
def test_engines_agree_on_every_product_of_three_factors_of_order_two(letters):
    support = product_of(letters)
    own = verdict_of(support)
    assert own != "undecided"
    assert verdict_by("qepcad", support, 60) == own
    assert verdict_by("z3", support, 5) in (own, "undecided")


def degenerate(first, second, third):
    """Butterfly factors of order 4, 0 or 1, without some entries: ``(number, entry, …)``."""
    factors = []
    for number, *missing in (first, second, third):
        mask = butterfly(4).factors[number]
        factors.append([[int((i, j) in mask and (i, j) not in missing) for j in range(4)] for i in range(4)])
    return Support.of_factors(factors)


DEGENERATE = [
    degenerate((0, (0, 0), (1, 1)), (1,), (1,)),
    degenerate((0, (0, 2)), (1, (0, 1)), (1,)),
    degenerate((0, (0, 2), (1, 3)), (1, (1, 0)), (0, (2, 0))),
    degenerate((0, (0, 2), (1, 3), (2, 0)), (1, (0, 1), (3, 2)), (0, (0, 2), (3, 1))),
    degenerate((1, (0, 1), (2, 3)), (0, (2, 0)), (1, (1, 0))),
]


@pytest.mark.slow
@pytest.mark.parametrize("support", DEGENERATE)
@pytest.mark.parametrize("engine", ["qepcad", "z3"])
def test_an_engine_that_finishes_a_degenerate_butterfly_says_the_same(support, engine):
    own = verdict_of(support)
    assert {own, verdict_by(engine, support, 10)} - {"undecided"} in ({"well-posed"}, {"ill-posed"}, set())


@pytest.mark.parametrize("engine", ["qepcad", "z3"])
def test_an_engine_confirms_that_a_frontier_point_is_no_product(engine):
    support = product_of("LLU")
    result = certify_chain(support, deadline=monotonic() + 20)
    assert isinstance(result, CertifiedChain) and not result.closed
    values = {
        variable: sympy.Rational(str(result.point.get(place, 0)))
        for place, variable in entries(support).items()
    }
    asked = substitute(membership(support, shape=AtomShape.EQUATIONS), values)
    assert find_engine(engine).decide(asked, Limits(60, 2000)).value is False
