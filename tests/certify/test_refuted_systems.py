"""Refutations of systems in which equations are divided by polynomials that are not 0, which a checker does not do."""

from __future__ import annotations

import pytest

from qeclose.algebra.system import Polynomial, Ring, System
from qeclose.certify.refute.elimination import _Refuter
from qeclose.checker.polynomial import read_polynomial
from qeclose.checker.reading import Path
from qeclose.checker.tree import Cases, check_tree
from qeclose.proof.trees import Contradiction, Tree
from qeclose.proof.writing import polynomial_to_json, tree_to_json

V, W, Z = (("f", 0, i, 0) for i in range(3))
RING = Ring((V, W, Z))
v, w, z = (RING.generators[variable] for variable in (V, W, Z))
one = RING.constant(1)


def checked(tree: Tree, equations: tuple[Polynomial, ...]) -> int:
    """The leaves of a tree that the checker accepts as a refutation of the equations."""
    read = [read_polynomial(polynomial_to_json(RING.listed(p)), Path.root()) for p in equations]
    return check_tree(Cases(tree_to_json(tree), Path.root(), read, lambda variable: variable[0] == "f"))


def product_of(*factors: Polynomial) -> Polynomial:
    result = one
    for factor in factors:
        result = result * factor
    return result


SYSTEMS = {
    "linear once divided by its variable": (v * w * z - one, v * (v - one), w * z * z - one, w - 2 * one),
    "linear in what a unit has": (v * w * z - one, (v + w) * (v + w - one), v - w, v * v - one),
    "a sum of squares once divided": (v * w - one, product_of(v, v * v + one)),
    "solved with a factor that others get": (
        z * (v - w) - one,
        (v - w) * (v + w - one),
        product_of(v - w, v - one),
        v * w - one,
    ),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_checker_follows_equations_divided_by_units(name: str) -> None:
    # As if the term had been scaled before: these systems are not invariant under that.
    tree = _Refuter(100).run(System(RING, SYSTEMS[name]), frozenset({(0, 0)}))
    assert tree is not None
    assert checked(tree, SYSTEMS[name])


def test_a_divided_equation_is_hidden_until_it_is_repeated() -> None:
    system = System(RING, (v * w,)).with_unit(v)
    assert system.equations == (w,)
    assert 0 in system.hidden
    repeating, repeated = system.repeated(0)
    assert repeated.equations == (RING.constant(0), w)
    assert not repeated.hidden
    split = repeating(Contradiction("unit"))
    assert tree_to_json(split) == {
        "split": polynomial_to_json(RING.listed(w)),
        "zero": {"contradiction": "unit"},
        "nonzero": {"contradiction": 0},
    }
