"""Laws of the canonical form, and of relabelling masks, witnesses and certificates."""

from __future__ import annotations

import json
import random
import time
from fractions import Fraction
from importlib.util import module_from_spec, spec_from_file_location
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.certify import Certified, certify
from qeclose.certify.chains.decide import CertifiedChain, certify_chain
from qeclose.checker import verify
from qeclose.decide.witness import Witness
from qeclose.errors import CertificateError
from qeclose.proof.certificate import relabel
from qeclose.support import Mask, Support, generate
from qeclose.support.canonical import MAX_LABELLED, canonical_form, digest
from qeclose.support.relabelling import Relabelling


@st.composite
def masks(draw: st.DrawFn, n_rows: int, n_cols: int) -> Mask:
    rows = draw(st.lists(st.integers(0, 2**n_cols - 1), min_size=n_rows, max_size=n_rows))
    return Mask(tuple(rows), n_cols)


@st.composite
def supports(draw: st.DrawFn, n_factors: int | None = None, side: int = 5) -> Support:
    count = n_factors or draw(st.integers(2, 4))
    widths = [draw(st.integers(1, side)) for _ in range(count + 1)]
    return Support.of_factors([draw(masks(a, b)) for a, b in zip(widths, widths[1:], strict=False)])


@st.composite
def relabelled(draw: st.DrawFn, n_factors: int | None = None) -> tuple[Support, Relabelling]:
    support = draw(supports(n_factors))
    widths = (support.shape[0], *support.inner, support.shape[1])
    layers = tuple(tuple(draw(st.permutations(range(width)))) for width in widths)
    return support, Relabelling(layers, draw(st.booleans()))


@settings(deadline=None)
@given(relabelled())
def test_supports_equal_up_to_symmetry_have_the_same_form(case: tuple[Support, Relabelling]) -> None:
    support, relabelling = case
    assert canonical_form(relabelling.support(support)).support == canonical_form(support).support


@settings(deadline=None)
@given(supports())
def test_the_form_is_the_relabelled_support_and_leads_back(support: Support) -> None:
    form = canonical_form(support)
    assert form.forward.support(support) == form.support
    assert form.backward.support(form.support) == support
    assert form.backward.inverse() == form.forward


@settings(deadline=None)
@given(supports())
def test_the_form_of_a_form_is_itself(support: Support) -> None:
    form = canonical_form(support).support
    assert canonical_form(form).support == form


def _orbit(support: Support) -> set[tuple[Mask, ...]]:
    widths = (support.shape[0], *support.inner, support.shape[1])
    return {
        Relabelling(layers, turned).support(support).factors
        for layers in product(*(tuple(permutations(range(width))) for width in widths))
        for turned in (False, True)
    }


@settings(max_examples=30, deadline=None)
@given(supports(2, side=3), supports(2, side=3))
def test_supports_with_the_same_form_are_equal_up_to_symmetry(one: Support, other: Support) -> None:
    same = canonical_form(one).support == canonical_form(other).support
    assert same == (other.factors in _orbit(one))


def test_all_2x2_masks_of_rank_2_fall_into_the_classes_that_brute_force_finds() -> None:
    everything = [
        Support.of_factors([Mask(left, 2), Mask(right, 2)])
        for left in product(range(4), repeat=2)
        for right in product(range(4), repeat=2)
    ]
    orbits = {frozenset(_orbit(support)) for support in everything}
    assert len({canonical_form(support).support for support in everything}) == len(orbits)


def test_rows_columns_and_terms_tell_where_everything_went() -> None:
    support = Support([[1, 0], [1, 1], [0, 0]], [[1, 0], [1, 1]])
    form = canonical_form(support)
    (terms,) = form.terms
    for i, k in product(range(3), range(2)):
        here = (i, k) in support.factors[0]
        moved = (terms[k], form.rows[i]) if form.transposed else (form.rows[i], terms[k])
        assert (moved in form.support.factors[1 if form.transposed else 0]) == here


def test_a_huge_symmetric_mask_is_labelled_at_once() -> None:
    full = Support(Mask((2**50 - 1,) * 300, 50), Mask((2**50 - 1,) * 300, 50))
    start = time.perf_counter()
    assert canonical_form(full).support.factors == full.factors
    assert time.perf_counter() - start < 2


def test_a_mask_beyond_the_limit_is_its_own_form() -> None:
    butterfly = generate("butterfly", "2048")
    assert sum(factor.nnz for factor in butterfly.factors) > MAX_LABELLED
    form = canonical_form(butterfly)
    assert form.support == butterfly
    assert form.rows == tuple(range(2048))


def test_the_digest_tells_shapes_apart_that_have_the_same_bytes() -> None:
    narrow = Support.of_factors([Mask((1, 1), 1), Mask((1,), 1)])
    wide = Support.of_factors([Mask((1,), 2), Mask((1, 0), 1)])
    assert digest(narrow) != digest(wide)
    assert digest(narrow) == digest(narrow.labelled(name="other", source="elsewhere"))


# Certificates


def _certified(support: Support) -> dict[str, Any] | None:
    found = certify(support, deadline=time.monotonic() + 2)
    return json.loads(json.dumps(found.certificate)) if isinstance(found, Certified) else None


@settings(max_examples=60, deadline=None)
@given(relabelled(2))
def test_a_relabelled_certificate_is_accepted_for_the_relabelled_mask(
    case: tuple[Support, Relabelling],
) -> None:
    support, relabelling = case
    certificate = _certified(support)
    if certificate is not None:
        claim = verify(certificate, support).claim
        moved = relabel(certificate, relabelling)
        assert verify(moved, relabelling.support(support)).claim == claim
        assert verify(relabel(moved, relabelling.inverse()), support).claim == claim


def _shuffled(support: Support, seed: int, *, turned: bool) -> Relabelling:
    rng = random.Random(seed)
    widths = (support.shape[0], *support.inner, support.shape[1])
    return Relabelling(tuple(tuple(rng.sample(range(width), width)) for width in widths), turned)


def _handmade() -> dict[str, Any]:
    """The checker's own examples: a certificate of every kind."""
    path = Path(__file__).parent.parent / "checker" / "handmade.py"
    spec = spec_from_file_location("handmade_certificates", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: make() for name, make in module.HANDMADE.items()}


HANDMADE = _handmade()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", HANDMADE)
def test_certificates_of_every_kind_can_be_relabelled(name: str, turned: bool) -> None:
    certificate = HANDMADE[name]
    support = Support.of_factors(
        [[list(map(int, row)) for row in rows] for rows in certificate["mask"]["factors"]]
    )
    before = verify(certificate, support)
    for seed in range(5):
        relabelling = _shuffled(support, seed, turned=turned)
        after = verify(relabel(certificate, relabelling), relabelling.support(support))
        assert (after.claim, len(after.words)) == (before.claim, len(before.words))


def test_a_certificate_with_unknown_parts_is_not_relabelled() -> None:
    certificate = _certified(generate("lu", "2"))
    assert certificate is not None
    certificate["proof"]["rows"] = [0, 1]
    with pytest.raises(CertificateError, match="cannot be relabelled"):
        relabel(certificate, Relabelling.identity((2, 2, 2)))


def _product(factors: list[list[list[str]]]) -> list[list[Fraction]]:
    numbers = [[[Fraction(entry) for entry in row] for row in factor] for factor in factors]
    result = numbers[0]
    for factor in numbers[1:]:
        result = [
            [
                sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0))
                for column in zip(*factor, strict=True)
            ]
            for row in result
        ]
    return result


@settings(deadline=None)
@given(relabelled(), st.randoms(use_true_random=False))
def test_a_relabelled_witness_keeps_its_product_and_its_supports(
    case: tuple[Support, Relabelling], rng: random.Random
) -> None:
    support, relabelling = case
    factors = [
        [[str(rng.randint(1, 9) * entry) for entry in row] for row in mask.to_lists()]
        for mask in support.factors
    ]
    point = {(i, j): entry for i, row in enumerate(_product(factors)) for j, entry in enumerate(row) if entry}
    curve = [
        {(i, j): {0: Fraction(x)} for i, row in enumerate(factor) for j, x in enumerate(row) if x != "0"}
        for factor in factors
    ]
    moved = Witness.of_entries(point, curve).relabelled(relabelling)
    new = relabelling.support(support)
    assert Witness.of_json(json.loads(json.dumps(moved.to_json()))) == moved
    for level, (mask, entries) in enumerate(zip(new.factors, moved.factors, strict=True)):
        lines = moved.layers[level : level + 2]
        found = {
            (i, j)
            for i, row in zip(lines[0], entries, strict=True)
            for j, x in zip(lines[1], row, strict=True)
            if x != "0"
        }
        assert found == {(i, j) for i, row in enumerate(mask.to_lists()) for j, x in enumerate(row) if x}
    if all(len(layer) for layer in moved.layers):
        assert [[str(x) for x in row] for row in _product([list(map(list, f)) for f in moved.factors])] == [
            list(row) for row in moved.A
        ]


@settings(max_examples=40, deadline=None)
@given(relabelled(3))
def test_a_relabelled_certificate_of_a_chain_is_accepted(case: tuple[Support, Relabelling]) -> None:
    support, relabelling = case
    found = certify_chain(support, deadline=time.monotonic() + 0.3)
    if isinstance(found, CertifiedChain):
        certificate = json.loads(json.dumps(found.certificate))
        moved = relabel(certificate, relabelling)
        assert verify(moved, relabelling.support(support)).claim == certificate["claim"]
