"""Certificates that the search made, changed: the checker refuses them, or they are still proofs, and it is seen why."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sympy
from deciding import decide
from line_types import classes, support_of_types
from mutations import canonical, mutations
from tree_walk import gives_factors, matrices

from qeclose import Support
from qeclose.checker import verify
from qeclose.errors import CertificateError
from qeclose.problem import Problem
from qeclose.support import families

MASKS = {
    "a curve for the LU mask": families.lu(3),
    "a curve with fractions": support_of_types((1, 3, 7), (3, 7, 7), 3),
    "a curve with a long refutation": support_of_types((3, 3, 7), (3, 3, 7), 3),
    "splitting and capping in blocks": support_of_types((3, 3, 5), (5, 6, 6), 3),
    "absorption by a matching": support_of_types((3, 5, 6), (3, 7), 3),
    "dense and low-rank blocks": families.block_low_rank(2, 2, 1),
    "a normal form after steps": support_of_types((3, 3, 7), (5, 7, 7), 3),
    "a normal form": support_of_types((1, 3, 3), (3, 6, 7), 3),
    "the full space by cases": support_of_types((3, 5, 6), (3, 7, 7), 3),
}
MOST = 250
ALL = 3000


def kinds_and_rules(proof: dict[str, Any]) -> Iterator[str]:
    yield proof["kind"]
    yield from (step["rule"] for step in proof.get("steps", ()))
    for block in proof.get("blocks", ()):
        yield from kinds_and_rules(block["proof"])


def is_another_proof(description: str, original: Any, mutated: Any, support: Support) -> bool:
    """Steps exchanged that do not touch each other, a value of a solution written as another fraction, or another solution.

    That steps may be exchanged at all is for the checker to say: it re-derives each from the problem before it. What a tree
    with another solution is worth is tried with numbers.
    """
    exchanged = re.search(r"\bsteps: entries (\d+) and (\d+) exchanged$", description)
    if exchanged is not None or equal_but_for_fractions(original, mutated):
        return True
    match mutated["proof"]:
        case {"kind": "full-space", "tree": tree}:
            problem = Problem.of(support)
            tried = matrices(problem, random.Random(1), 1000)
            return all(gives_factors(problem, tree, matrix) for matrix in tried)
    return False


def equal_but_for_fractions(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal_but_for_fractions(one[k], other[k]) for k in one)
    if not isinstance(one, list) or one == other:
        return bool(one == other)
    if is_value(one) and is_value(other) and one[0] == other[0]:
        (_, top, bottom), (_, other_top, other_bottom) = one, other
        gap = polynomial(top) * polynomial(other_bottom) - polynomial(other_top) * polynomial(bottom)
        return sympy.expand(gap) == 0
    return len(one) == len(other) and all(map(equal_but_for_fractions, one, other))


def is_value(entry: list[Any]) -> bool:
    """[variable, numerator, denominator], as a solution lists them."""
    return len(entry) == 3 and entry[0] and isinstance(entry[0], list) and entry[0][0] in ("x", "y")


def polynomial(terms: list[Any]) -> sympy.Expr:
    def power(variable: list[Any], exponent: int) -> sympy.Expr:
        return sympy.Symbol("_".join(map(str, variable))) ** exponent

    return sympy.Add(*(sympy.Rational(c) * sympy.Mul(*(power(*f) for f in m)) for c, m in terms))


def refused(certificate: dict[str, Any], support: Support) -> bool:
    try:
        verify(certificate, support)
    except CertificateError:
        return True
    return False


def unexplained(support: Support, most: int, seed: int) -> list[str]:
    """The changes of the mask's certificate that are accepted although they are another text and no other proof."""
    certificate = decide(support).certificate
    changed = list(itertools.islice(mutations(certificate, random.Random(seed)), most))
    assert len(changed) >= min(most, 300)
    accepted = [(what, mutated) for what, mutated in changed if not refused(mutated, support)]
    return [
        what
        for what, mutated in accepted
        if canonical(mutated) != canonical(certificate)
        and not is_another_proof(what, certificate, mutated, support)
    ]


def test_the_certificates_are_of_all_kinds_and_use_all_rules() -> None:
    found = {name for mask in MASKS.values() for name in kinds_and_rules(decide(mask).certificate["proof"])}
    steps = {"empty-term", "twin-capping", "absorb-equal", "absorb-matching", "split-term"}
    assert found == {"curve", "reduction", "normal-form", "full-space", *steps}


@pytest.mark.parametrize("name", MASKS)
def test_a_changed_certificate_is_refused_or_is_a_proof(name: str) -> None:
    assert len(MASKS) * MOST > 2000
    assert unexplained(MASKS[name], MOST, seed=1) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MASKS)
def test_many_changed_certificates_are_refused_or_are_proofs(name: str) -> None:
    assert unexplained(MASKS[name], ALL, seed=2) == []


@pytest.mark.parametrize("name", MASKS)
def test_no_changed_certificate_proves_the_opposite(name: str) -> None:
    certificate = decide(MASKS[name]).certificate
    opposite = {"ill-posed": "well-posed", "well-posed": "ill-posed"}[certificate["claim"]]
    for what, mutated in itertools.islice(mutations(certificate, random.Random(3)), 150):
        assert refused({**mutated, "claim": opposite}, MASKS[name]), what


def test_no_proof_about_another_mask_passes_for_a_mask_with_the_opposite_answer() -> None:
    rng = random.Random(4)
    same_shape = [pair for pair in classes(3, 3) if len(pair[0]) == len(pair[1]) == 3]
    decided = [
        (support, decide(support))
        for support in (support_of_types(*p, 3) for p in rng.sample(same_shape, 40))
    ]
    tried = 0
    for (support, result), (_, other) in itertools.permutations(decided, 2):
        if result.closed != other.closed:
            transplanted = {**other.certificate, "mask": result.certificate["mask"]}
            assert refused(transplanted, support), (support.name, other.certificate["proof"])
            tried += 1
    assert tried > 200
