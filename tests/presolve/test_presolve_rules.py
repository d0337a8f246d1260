"""Each rule applies where its theorem says, and not where a condition fails."""

from __future__ import annotations

import itertools

import pytest
from presolve_problems import problem

from qeclose.presolve import reduce
from qeclose.presolve.absorption import AbsorbEqual, AbsorbMatching, find_absorption, find_absorptions
from qeclose.presolve.direct_sum import direct_summands
from qeclose.presolve.empty import find_empty_terms
from qeclose.presolve.splitting import find_splits
from qeclose.presolve.twins import find_twins
from qeclose.problem import Problem, Rectangle
from qeclose.support import Support

LU = problem((0b11, 0b11), (0b10, 0b10))
# Two overlapping terms with nothing to reduce: each has a row of its own.
STUCK = problem((0b011, 0b111), (0b110, 0b111))


def splits(before: Problem) -> list[tuple[int, list[Rectangle]]]:
    return [(step.term, list(step.parts.values())) for step in find_splits(before, itertools.count(10))]


class TestEmptyTerms:
    @pytest.mark.parametrize("rectangle", [(0, 0b11), (0b11, 0), (0, 0)])
    def test_a_term_without_rows_or_without_columns_is_dropped(self, rectangle: tuple[int, int]) -> None:
        before = problem((0b1, 0b1), rectangle)
        (step,) = find_empty_terms(before)
        assert step.term == 1
        assert step.apply(before) == problem((0b1, 0b1))

    def test_a_term_whose_positions_are_all_free_is_dropped(self) -> None:
        before = problem((0b11, 0b11), free={0: 0b11, 1: 0b111})
        assert [step.term for step in find_empty_terms(before)] == [0]

    def test_a_term_with_one_position_that_is_not_free_stays(self) -> None:
        assert find_empty_terms(problem((0b11, 0b11), free={0: 0b11, 1: 0b10})) == []

    def test_lines_in_no_rectangle_are_not_mentioned(self) -> None:
        lonely = Support([[0], [1], [0]], [[0], [1]])
        assert dict(Problem.of(lonely).rows) == {1: 0b10}


class TestTwinCapping:
    def test_more_rows_of_a_type_than_terms_are_cut_to_their_number(self) -> None:
        before = problem((0b11111, 0b111), (0b11111, 0b111))
        (step,) = find_twins(before)
        assert (step.side, step.keep, step.drop) == ("row", (0, 1), (2, 3, 4))
        assert step.apply(before) == problem((0b11, 0b111), (0b11, 0b111))

    def test_columns_are_capped_when_no_rows_are_left_to_cap(self) -> None:
        before = problem((0b1, 0b1110))
        (step,) = find_twins(before)
        assert (step.side, step.keep, step.drop) == ("column", (1,), (2, 3))
        assert step.apply(before) == problem((0b1, 0b10))

    def test_as_many_rows_as_terms_stay(self) -> None:
        assert find_twins(problem((0b11, 0b11), (0b11, 0b11))) == []

    def test_rows_that_meet_different_terms_are_no_twins(self) -> None:
        assert find_twins(problem((0b111, 0b11), (0b110, 0b11))) == []
        assert [step.drop for step in find_twins(problem((0b1111, 0b11), (0b1110, 0b11)))] == [(3,)]

    def test_rows_with_different_free_columns_are_no_twins(self) -> None:
        assert find_twins(problem((0b11, 0b11), free={0: 0b01})) == []
        assert [step.drop for step in find_twins(problem((0b11, 0b11), free={0: 0b01, 1: 0b01}))] == [(1,)]

    def test_free_positions_that_no_term_of_the_rows_covers_do_not_matter(self) -> None:
        assert [step.drop for step in find_twins(problem((0b11, 0b01), free={0: 0b10}))] == [(1,)]

    def test_capping_forgets_the_free_positions_of_the_dropped_lines(self) -> None:
        before = problem((0b1, 0b111), free={0: 0b110})
        (step,) = find_twins(before)
        assert (step.side, step.drop) == ("column", (2,))
        assert step.apply(before).free == {0: 0b010}


class TestAbsorptionOfEqualTerms:
    def test_as_many_terms_as_rows_fill_their_rectangle(self) -> None:
        before = problem((0b11, 0b111), (0b11, 0b111), (0b1, 0b1111))
        step = find_absorption(before)
        assert isinstance(step, AbsorbEqual)
        assert (step.ids, step.cover) == ((0, 1), Rectangle(0b11, 0))
        after = step.apply(before)
        assert dict(after.terms) == {2: Rectangle(0b1, 0b1111)}
        assert after.free == {0: 0b111, 1: 0b111}

    def test_as_many_terms_as_columns_fill_their_rectangle(self) -> None:
        step = find_absorption(problem((0b1111, 0b11), (0b1111, 0b11)))
        assert isinstance(step, AbsorbEqual)
        assert step.cover == Rectangle(0, 0b11)

    def test_one_term_fewer_does_not(self) -> None:
        assert find_absorption(problem((0b111, 0b111), (0b111, 0b111))) is None

    def test_free_positions_lower_the_number_of_lines_to_cover(self) -> None:
        # What is left of the rectangle is one row and one column.
        cross = problem((0b111, 0b111), (0b111, 0b111), free={1: 0b110, 2: 0b110})
        step = find_absorption(cross)
        assert isinstance(step, AbsorbEqual)
        assert step.cover == Rectangle(0b001, 0b001)
        assert find_absorption(problem((0b111, 0b111), (0b111, 0b111), free={1: 0b110, 2: 0b100})) is None

    def test_rectangles_that_do_not_meet_are_filled_at_once(self) -> None:
        before = problem((0b11, 0b111), (0b100, 0b1111), (0b11, 0b111), (0b111, 0b1111))
        assert [step.ids for step in find_absorptions(before)] == [(0, 2), (1,)]

    def test_of_rectangles_that_meet_one_is_filled_first(self) -> None:
        assert [step.ids for step in find_absorptions(problem((0b1, 0b11), (0b11, 0b1)))] == [(0,)]

    def test_terms_whose_rectangles_differ_are_not_counted_together(self) -> None:
        assert find_absorption(STUCK) is None


class TestAbsorptionByMatchings:
    def test_a_staircase_fills_its_rectangle_column_by_column(self) -> None:
        before = problem((0b11, 0b11), (0b01, 0b11))
        step = find_absorption(problem((0b11, 0b11), (0b01, 0b111)).part([0])) or find_absorption(before)
        # Alone, the second term is a row, which R4a absorbs first; both orders end with nothing left.
        assert isinstance(step, AbsorbEqual)
        assert not list(reduce(before).blocks())

    def test_a_matching_in_every_column_is_found_and_recorded(self) -> None:
        # Terms 0 and 1 meet every column with two rows; no term alone fills anything.
        before = problem((0b111, 0b0011), (0b111, 0b1111), (0b111, 0b1100), free={0: 0b1111})
        step = find_absorption(before)
        assert isinstance(step, AbsorbMatching)
        assert step.side == "column"
        for j, matched in step.matching.items():
            assert set(matched) == {1, 2}, j
            assert len(set(matched.values())) == 2
            for i, k in matched.items():
                assert before.terms[k].rows >> i & 1 and before.terms[k].columns >> j & 1
        assert not step.apply(before).terms

    def test_the_transposed_condition_is_found_as_well(self) -> None:
        before = problem((0b0011, 0b111), (0b1111, 0b111), (0b1100, 0b111), free=dict.fromkeys(range(4), 1))
        step = find_absorption(before)
        assert isinstance(step, AbsorbMatching)
        assert step.side == "row"

    def test_a_column_with_more_rows_than_terms_spoils_it(self) -> None:
        assert find_absorption(problem((0b111, 0b0011), (0b111, 0b1111), (0b111, 0b1100))) is None

    def test_a_row_that_the_terms_of_a_column_cannot_share_spoils_it(self) -> None:
        # Column 0 has two rows of its own in term 0 and only that term to match them with.
        before = problem((0b011, 0b11), (0b100, 0b11), (0b100, 0b01), free={2: 0b11})
        assert all(0 not in step.ids for step in [find_absorption(before)] if step is not None)

    def test_the_lu_mask_is_not_filled(self) -> None:
        kept = problem((0b11, 0b11), (0b10, 0b10))
        assert {k for block in reduce(kept).blocks() for k in block.core.terms}


class TestSplitting:
    def test_a_term_whose_positions_fall_apart_becomes_one_term_a_component(self) -> None:
        before = problem((0b1111, 0b1111), free={0: 0b1100, 1: 0b1100, 2: 0b0011, 3: 0b0011})
        assert splits(before) == [(0, [Rectangle(0b0011, 0b0011), Rectangle(0b1100, 0b1100)])]

    def test_the_parts_take_the_place_of_the_term(self) -> None:
        before = problem((0b11, 0b11), (0b11, 0b11), free={0: 0b10, 1: 0b01})
        (first, second) = find_splits(before, itertools.count(2))
        after = second.apply(first.apply(before))
        parts = [Rectangle(0b01, 0b01), Rectangle(0b10, 0b10)]
        assert list(after.terms.values()) == parts * 2
        assert not set(after.terms) & set(before.terms)

    def test_lines_without_a_position_that_matters_are_trimmed(self) -> None:
        before = problem((0b111, 0b111), free={0: 0b111, 1: 0b100, 2: 0b100})
        (step,) = find_splits(before, itertools.count(5))
        assert step.rule == "trim"
        assert dict(step.apply(before).terms) == {5: Rectangle(0b110, 0b011)}

    def test_a_connected_term_stays_although_it_has_free_positions(self) -> None:
        assert splits(problem((0b11, 0b11), free={0: 0b10})) == []

    def test_free_positions_outside_a_term_do_not_touch_it(self) -> None:
        assert splits(problem((0b11, 0b11), free={0: 0b100, 2: 0b11})) == []


class TestDirectSums:
    def test_terms_that_never_meet_are_apart(self) -> None:
        apart = problem((0b0011, 0b11), (0b1100, 0b11))
        assert [sorted(part.terms) for part in direct_summands(apart)] == [[0], [1]]

    def test_terms_that_meet_only_at_free_positions_are_apart(self) -> None:
        apart = problem((0b011, 0b11), (0b110, 0b11), free={1: 0b11})
        assert [sorted(part.terms) for part in direct_summands(apart)] == [[0], [1]]

    def test_one_common_position_keeps_terms_together(self) -> None:
        assert direct_summands(problem((0b011, 0b11), (0b110, 0b11), free={1: 0b01})) == [
            problem((0b011, 0b11), (0b110, 0b11), free={1: 0b01})
        ]

    def test_a_chain_of_overlaps_is_one_group(self) -> None:
        chain = problem((0b0011, 0b1), (0b1100, 0b1), (0b0110, 0b1))
        assert len(direct_summands(chain)) == 1


class TestFixedPoint:
    def test_the_lu_mask_is_one_term_beside_a_free_corner(self) -> None:
        (block,) = reduce(LU).blocks()
        assert block.core == problem((0b11, 0b11), free={1: 0b10})
        assert [step.rule for step in block.steps] == ["absorb-equal"]

    def test_a_full_mask_of_rank_two_keeps_two_lines_a_side_and_is_filled(self) -> None:
        reduction = reduce(problem((0b11111, 0b1111111), (0b11111, 0b1111111)))
        assert [step.rule for step in reduction.steps] == [
            "twin-capping",
            "twin-capping",
            "absorb-equal",
        ] or [step.rule for step in reduction.steps] == ["twin-capping", "absorb-equal"]
        assert not list(reduction.blocks())

    def test_every_part_of_a_split_term_knows_where_it_came_from(self) -> None:
        before = problem(
            (0b1111, 0b1111), (0b0011, 0b0011), (0b0011, 0b0011), (0b1100, 0b1100), (0b1100, 0b1100)
        )
        reduction = reduce(before)
        for block in reduction.blocks():
            assert set(reduction.origins(block.core.terms).values()) <= set(before.terms)
