"""Repairs against exhaustive search, in which the width-two theorem says what is closed."""

from __future__ import annotations

import random

import pytest
from two_terms import all_masks, changed, distance, is_closed, support_of

from qeclose.certify import Certified, certify
from qeclose.checker import verify
from qeclose.errors import UsageError
from qeclose.repairs import Change, Repair, repair
from qeclose.repairs.oracle import Oracle
from qeclose.repairs.state import Obstruction, State
from qeclose.repairs.text import lost_text
from qeclose.support import Support
from qeclose.support.families import butterfly, full, lu, random_support

MODES = ("any", "add", "remove")


def steps(found: Repair) -> list[tuple[str, int, int, bool]]:
    return [(change.factor, change.row, change.term, change.added) for change in found.changes]


def steps_of(changes: tuple[Change, ...]) -> list[tuple[str, int, int, bool]]:
    return [(change.factor, change.row, change.term, change.added) for change in changes]


def test_a_well_posed_mask_needs_no_change():
    found = repair(full(2, 2, 2), timeout=20)
    assert (found.changes, found.minimal, found.repaired) == ((), True, full(2, 2, 2))


@pytest.mark.parametrize("mode", MODES)
def test_the_lu_mask_is_repaired_by_one_change(mode):
    found = repair(lu(2), mode=mode, timeout=20)
    assert len(found.changes) == 1
    assert found.minimal
    assert found.changes[0].added == (mode == "add") or mode == "any"
    assert verify(found.certificate, found.repaired).claim == "well-posed"


def test_the_lu_mask_is_repaired_by_each_of_its_eight_single_changes():
    """Trying every mask one change away finds what the theorem says, and the repair is among them."""
    start = State.of(lu(2))
    good = set()
    for entry in start.entries():
        near = start.toggled(entry)
        result = certify(near.support(), deadline=float("inf"))
        assert isinstance(result, Certified)
        assert result.closed == is_closed(near.terms)
        if result.closed:
            good.add(Change("IJ"[entry.side], entry.line, entry.term, not start.has(entry)))
    assert len(good) == 8
    assert repair(lu(2), timeout=20).changes[0] in good


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (4, 2)])
def test_no_repair_of_two_terms_is_smaller(shape, mode):
    m, n = shape
    masks = list(all_masks(m, n))
    closed = [terms for terms in masks if is_closed(terms)]
    bad = sorted(set(masks) - set(closed))
    for terms in random.Random(f"{shape} {mode}").sample(bad, 4):
        support = support_of(terms, m, n)
        found = repair(support, mode=mode, keep_reachable=False, timeout=30)
        assert found.minimal
        assert len(found.changes) == min(distance(terms, other, mode) for other in closed)
        assert changed(support, steps(found)) == found.repaired
        assert verify(found.certificate, found.repaired).claim == "well-posed"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (3, 3)])
def test_repairs_that_keep_all_of_a_reachable_are_all_found_and_none_is_smaller(shape, mode):
    m, n = shape
    masks = list(all_masks(m, n))
    closed = [terms for terms in masks if is_closed(terms)]
    bad = sorted(set(masks) - set(closed))
    for terms in random.Random(f"keep {shape} {mode}").sample(bad, 4):
        start = State(m, n, terms)
        near = {
            other: distance(terms, other, mode)
            for other in closed
            if not any(State(m, n, other).lost(start.reachable()))
        }
        least = min(near.values())
        found = repair(support_of(terms, m, n), mode=mode, count=None, timeout=30)
        if least == float("inf"):
            assert found.repaired is None or found.unreachable
            continue
        assert found.minimal and found.all_found and not found.unreachable
        assert len(found.changes) == least
        given = {changed(found.support, steps_of(changes)) for changes in (found.changes, *found.others)}
        assert given == {support_of(other, m, n) for other, cost in near.items() if cost == least}
        anyhow = min(distance(terms, other, mode) for other in closed)
        if mode == "add" or anyhow == least:
            assert found.smaller is None
        else:
            assert len(found.smaller.changes) == anyhow and found.smaller.minimal
            lost = set(State.of(found.smaller.repaired).lost(start.reachable()))
            assert set(found.smaller.unreachable) == lost and lost


def test_emptying_a_row_is_named_beside_a_repair_of_lu_that_keeps_it():
    found = repair(lu(3), timeout=30)
    assert len(found.changes) == 2 and found.minimal and not found.unreachable
    assert len(found.smaller.changes) == 1
    (change,) = found.smaller.changes
    assert not change.added
    assert lost_text(found.smaller) in ("row 1 of A is always zero", "column 1 of A is always zero")


@pytest.mark.parametrize("seed", range(6))
def test_what_is_claimed_minimal_for_three_terms_has_only_ill_posed_masks_nearer(seed):
    support = random_support(3, 3, 3, 0.6, seed)
    found = repair(support, timeout=6)
    assert found.repaired is not None
    assert changed(support, steps(found)) == found.repaired
    assert found.at_least <= len(found.changes)
    if len(found.changes) < 2 or found.at_least < 2:
        return
    start = State.of(support)
    for state in (start, *map(start.toggled, start.entries())):
        nearer = certify(state.support(), deadline=float("inf"))
        assert isinstance(nearer, Certified)
        assert not nearer.closed


def test_an_obstruction_found_names_an_entry_of_every_repair():
    """All repairs of two terms on a 3×3 matrix, with up to three changes, change one of the entries named."""
    masks = list(all_masks(3, 3))
    closed = [terms for terms in masks if is_closed(terms)]
    oracle = Oracle(seed=0, deadline=float("inf"), patience=5)
    for terms in random.Random(0).sample(sorted(set(masks) - set(closed)), 6):
        state = State(3, 3, terms)
        obstruction = oracle.obstruction(state, *state.lines)
        named = set(obstruction.entries(state, "any"))
        near = [other for other in closed if distance(terms, other, "any") <= 3]
        assert near
        for other in near:
            goal = State(3, 3, other)
            assert any(state.has(entry) != goal.has(entry) for entry in named)


def test_an_obstruction_holds_as_long_as_its_rectangles_stay():
    state = State.of(lu(3))
    obstruction = Obstruction.within(state, 0b011, 0b011)
    for entry in state.entries():
        inside = entry.line < 2 and entry.term < 2
        assert obstruction.holds(state.toggled(entry)) == (not inside)


def test_half_an_empty_term_leaves_an_obstruction_as_it_is():
    """Term 3 of LU does nothing on rows and columns 1 and 2 until both sides have an entry there."""
    state = State.of(lu(3))
    obstruction = Obstruction.within(state, 0b011, 0b011)
    half = next(state.toggled(e) for e in state.entries() if e == (0, 0, 2))
    assert obstruction.holds(half)
    assert [entry for entry in obstruction.entries(half, "add") if entry.term == 2] == [(1, 0, 2), (1, 1, 2)]


def test_repairs_are_the_same_every_time():
    once, again = (repair(random_support(3, 3, 2, 0.7, 4), timeout=20, seed=3) for _ in range(2))
    assert (once.changes, once.at_least) == (again.changes, again.at_least)


def test_too_few_changes_are_proved_too_few():
    diagonal_of_two = Support(
        [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]],
        [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]],
    )
    found = repair(diagonal_of_two, max_changes=1, timeout=20)
    assert found.repaired is None
    assert found.at_least == 2
    assert len(repair(diagonal_of_two, timeout=20).changes) == 2


@pytest.mark.slow
def test_a_search_without_time_still_gives_a_repair_or_says_what_it_knows():
    found = repair(lu(12), timeout=3)
    assert found.seconds < 8
    assert not found.minimal
    assert found.repaired is None or verify(found.certificate, found.repaired).claim == "well-posed"


def test_repair_and_verify_are_functions_of_the_package_whatever_was_imported():
    import qeclose

    found = qeclose.repair(lu(2), timeout=20)
    assert qeclose.verify(found.certificate, found.repaired).claim == "well-posed"


def test_chains_are_refused():
    with pytest.raises(UsageError, match="two factors"):
        repair(butterfly(8))


def test_a_negative_number_of_changes_is_refused():
    with pytest.raises(UsageError, match="not negative"):
        repair(lu(2), max_changes=-1)
