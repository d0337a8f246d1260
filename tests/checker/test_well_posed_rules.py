"""Each rule for well-posedness: what violates its condition is refused, with the place where it breaks."""

from __future__ import annotations

from typing import Any

import pytest
from handmade import (
    ONE,
    absorb,
    capped_and_absorbed,
    certificate,
    column,
    component,
    emptied,
    full,
    full_space_by_cases,
    independent_after_spans,
    matched,
    normal_form,
    rank_two_independent,
    reduction,
    restricted,
    single,
    spanning_with_forced_term,
    split_into_blocks,
)
from refusals import changed, refused

from qeclose.checker import verify


def well_posed(factors: list[list[str]], steps: list[Any], *blocks: Any) -> dict[str, Any]:
    return certificate("well-posed", factors, reduction(steps, *blocks))


def test_a_term_with_a_position_that_is_not_free_is_not_empty() -> None:
    cert = emptied()
    early = changed(cert, (("steps",), cert["proof"]["steps"][::-1]))
    refused("proof.steps[0]: term 2 is not empty: it holds [1, 1], which is not free", early)
    refused("proof.steps[1].term: there is no term 1 here", changed(cert, (("steps", 1, "term"), 1)))


def test_twins_meet_the_same_terms_and_enough_are_kept() -> None:
    few = changed(capped_and_absorbed(), (("steps", 0, "keep"), [0]))
    refused("proof.steps[0].keep: 1 lines are kept, but they meet 2 terms", few)
    both = changed(capped_and_absorbed(), (("steps", 0, "drop"), [2]))
    refused("proof.steps[0].drop: some line is to be dropped", both)
    step = {"rule": "twin-capping", "side": "row", "keep": [0], "drop": [1]}
    refused("proof.steps[0]: the lines 1 and 0 do not meet the same", well_posed([["1", "0"], ["1"]], [step]))
    refused("proof.steps[0].side: ", well_posed(full(2, 2, 1), [{**step, "side": "rows"}]))


def test_twins_have_the_same_free_positions() -> None:
    # Term 1 frees (0, 0) only, so rows 0 and 1 of term 0 are no twins any more.
    factors = [["11", "10"], ["11", "10"]]
    free = absorb([1], component([0], [0], cover=([0], [])))
    # Whichever of the two is kept: with (0, 0) not observed, a full 2×2 mask of rank one is ill-posed.
    for keep, drop in ((1, 0), (0, 1)):
        step = {"rule": "twin-capping", "side": "row", "keep": [keep], "drop": [drop]}
        refused(
            f"proof.steps[1]: the lines {drop} and {keep} do not have the same free",
            well_posed(factors, [free, step], ([0], None)),
        )


def test_free_positions_outside_the_terms_do_not_tell_twins_apart() -> None:
    # (0, 1) is free, but no term that is left has column 1 in these rows.
    factors = [["11", "10"], ["10", "01"]]
    steps = [
        absorb([1], component([0], [1], cover=([0], []))),
        {"rule": "twin-capping", "side": "row", "keep": [1], "drop": [0]},
    ]
    block = normal_form("column", [0], [([], [column(0, [0])])])
    assert verify(well_posed(factors, steps, ([0], block))).complete


def test_absorbed_terms_have_one_rectangle_and_small_covers() -> None:
    cert = capped_and_absorbed()
    lines = ("steps", 2, "components", 0)
    at = "proof.steps[2].components"
    refused(
        f"{at}[0].cover: [2, 1] is not free, and on no line", changed(cert, ((*lines, "cover", "rows"), [0]))
    )
    refused(
        f"{at}[0].cover: the cover has more lines",
        changed(cert, ((*lines, "cover", "columns"), [1])),
    )
    refused(f"{at}[0].cover: a line of the cover", changed(cert, ((*lines, "cover", "rows"), [1])))
    refused(
        f"{at}: [2, 1] is not free and in no",
        changed(cert, ((*lines, "rows"), [0]), ((*lines, "cover", "rows"), [0])),
    )
    refused(
        f"{at}[0].cover: [0, 3] is not free, but its column",
        changed(cert, ((*lines, "columns"), [1])),
    )
    refused("proof.steps[2].terms: at least one", changed(cert, (("steps", 2, "terms"), [])))
    different = absorb([0, 1], component([0, 1], [0, 1], cover=([0, 1], [])))
    refused(
        "proof.steps[0].terms: the terms 0 and 1 have different",
        well_posed([["11", "10"], ["11", "11"]], [different]),
    )


def test_components_share_no_line() -> None:
    twice = absorb([0], component([0], [0, 1], cover=([0], [])), component([1], [0, 1], cover=([1], [])))
    refused(
        "proof.steps[0].components[1].columns: a line is in an earlier part",
        well_posed(full(2, 2, 1), [twice]),
    )
    apart = absorb([0], component([0], [0], cover=([0], [])), component([1], [1], cover=([1], [])))
    refused(
        "proof.steps[0].components[0].cover: [0, 1] is not free, but its column",
        well_posed(full(2, 2, 1), [apart]),
    )


def test_a_matching_uses_each_term_once_and_misses_no_line() -> None:
    cert = matched("column")
    at = "proof.steps[0].matching"
    pairs = ("steps", 0, "matching", 0, 1)
    refused(f"{at}[0][1][2]: 1 is listed twice", changed(cert, ((*pairs, 2), [2, 1])))
    refused(f"{at}[0]: the lines matched", changed(cert, (pairs, [[0, 0], [1, 1]])))
    refused(
        f"{at}: line 1 is not matched",
        changed(cert, (("steps", 0, "matching"), cert["proof"]["steps"][0]["matching"][:1])),
    )
    refused(f"{at}[0][1][0]: term 2 does not cover", changed(cert, ((*pairs, 0), [0, 2])))
    refused(f"{at}[0][1][0][1]: there is no term 0", changed(cert, (("steps", 0, "terms"), [1, 2])))
    transposed = changed(cert, (("steps", 0, "side"), "row"))
    refused(f"{at}[0][1][1]: term 1 does not cover the crossing", transposed)


def test_parts_are_disjoint_and_hold_everything() -> None:
    cert = split_into_blocks()
    at = "proof.steps[2].parts"
    part = ("steps", 2, "parts", 1)
    refused(f"{at}[1].id: the id 5 has been used", changed(cert, ((*part, "id"), 5)))
    refused(f"{at}[1].id: the id 3 has been used", changed(cert, ((*part, "id"), 3)))
    refused(f"{at}[1].id: the id 0 has been used", changed(cert, ((*part, "id"), 0)))
    refused(f"{at}[1].rows: a line is in an earlier", changed(cert, ((*part, "rows"), [1, 2, 3])))
    refused(f"{at}: [3, 2] is not free and in no part", changed(cert, ((*part, "rows"), [2])))
    refused(f"{at}[1]: [2, 3] is not free, but its column", changed(cert, ((*part, "columns"), [2])))
    early = [cert["proof"]["steps"][i] for i in (0, 2, 1)]
    refused("proof.steps[1].parts[1]: [2, 0] is not free", changed(cert, (("steps",), early)))


def test_blocks_are_disjoint_and_leave_out_nothing() -> None:
    cert = split_into_blocks()
    refused("proof.blocks: term 6 is in no block", changed(cert, (("blocks",), cert["proof"]["blocks"][:1])))
    refused("proof.blocks[1].terms[0]: there is no term 5", changed(cert, (("blocks", 1, "terms"), [5])))
    block = normal_form("column", [0], [([], [column(0, [0])])])
    overlapping = well_posed(full(1, 1, 2), [], ([0], block), ([1], block))
    refused("proof.blocks[1]: [0, 0] is in an earlier block", overlapping)


def crossing() -> dict[str, Any]:
    """A row and a column that cross in a position made free, one block each."""
    factors = [["111", "010"], ["11", "10", "10"]]
    row = normal_form("column", [0], [([], [column(1, [0])])])
    tree = {"solution": [[["x", 1, 1], single(["a", 1, 0]), ONE], [["y", 1, 0], ONE, ONE]]}
    free = absorb([2], component([0], [0], cover=([0], [])))
    return well_posed(factors, [free], ([0], row), ([1], {"kind": "full-space", "tree": tree}))


def test_blocks_may_overlap_where_positions_are_free() -> None:
    assert verify(crossing()).complete
    block = ("blocks", 0, "proof", "cases", 0, "columns")
    refused("proof.blocks[0].proof.cases[0].columns: line 1 is", changed(crossing(), (block, [])))
    kept = changed(crossing(), (("steps",), []), (("blocks", 0, "terms"), [0, 2]))
    refused("proof.blocks[1]: [0, 0] is in an earlier block", kept)


def test_a_reduction_inside_a_block_starts_from_the_block() -> None:
    cert = split_into_blocks()
    inner = reduction([], ([5], cert["proof"]["blocks"][0]["proof"]))
    assert verify(changed(cert, (("blocks", 0, "proof"), inner))).complete
    other = reduction([], ([6], cert["proof"]["blocks"][1]["proof"]))
    refused(
        "proof.blocks[0].proof.blocks[0].terms[0]: there is no term 6",
        changed(cert, (("blocks", 0, "proof"), other)),
    )


def test_normal_form_wants_every_term_in_the_order_and_every_column() -> None:
    cert = rank_two_independent()
    refused("proof.order: term 1 is missing", changed(cert, (("order",), [0])))
    columns = ("cases", 0, "columns")
    refused(
        "proof.cases[0].columns: line 2 is missing",
        changed(cert, (columns, [column(j, [0, 1]) for j in (0, 1)])),
    )
    refused(
        "proof.cases[0].columns[0][1].independent: term 1 is missing",
        changed(cert, ((*columns, 0), column(0, [0]))),
    )
    refused("proof.cases: the case in which the terms [] are", changed(cert, (("cases",), [])))


def test_vectors_that_need_not_be_orthogonal_are_not_independent() -> None:
    # Rows {0, 1} and {1, 2}: neither rectangle is below the other.
    factors = [["10", "11", "01"], ["1", "1"]]
    cert = certificate("well-posed", factors, normal_form("column", [0, 1], [([], [column(0, [0, 1])])]))
    refused("proof.cases[0].columns[0][1].independent[1]: the vectors of the terms 0 and 1 need not", cert)


def test_a_smaller_row_set_with_fewer_columns_is_not_below() -> None:
    # Term 0 (row 0, column 0) and term 1 (rows 0 and 1, both columns): y₀ + c·y₁ would leave column 0. This is LU.
    factors = [["11", "01"], ["10", "11"]]
    columns = [column(0, [0, 1]), column(1, [1])]
    cert = certificate("well-posed", factors, normal_form("column", [0, 1], [([], columns)]))
    refused("proof.cases[0].columns[0][1].independent[1]: the vectors of the terms 0 and 1 need not", cert)


def test_orthogonality_counts_only_where_the_whole_smaller_support_is_seen() -> None:
    # Two 2×2 terms, orthogonal on rows {0, 1}. With (0, 0) free, column 0 sees row 1 alone.
    factors = [["111", "110"], ["11", "11", "10"]]
    free = absorb([2], component([0], [0], cover=([0], [])))
    for evidence in (column(0, [0, 1]), column(0, [0], ([1], [1])), column(0, [], ([1], [0]))):
        columns = [evidence, column(1, [0, 1])]
        block = normal_form("column", [0, 1], [([], columns)])
        refused("proof.blocks[0].proof.cases[0].columns[0][1]", well_posed(factors, [free], ([0, 1], block)))


def test_spans_have_as_many_vectors_as_rows_and_these_lie_inside() -> None:
    cert = independent_after_spans()
    span = ("cases", 0, "columns", 0, 1, "spans", 0)
    at = "proof.cases[0].columns[0][1]"
    refused(f"{at}.spans[0]: 2 rows are not spanned by 1", changed(cert, ((*span, "rows"), [0, 1])))
    refused(f"{at}.spans[0].vectors[0]: the vector of term 0", changed(cert, ((*span, "rows"), [1])))
    refused(f"{at}.spans[0].rows: the rows must be", changed(cert, ((*span, "rows"), [])))
    twice = cert["proof"]["cases"][0]["columns"][0][1]["spans"] * 2
    refused(f"{at}.spans[1].rows: the rows must be", changed(cert, (span[:-1], twice)))
    refused(
        f"{at}.independent[0]: there is no term 0",
        changed(cert, (("cases", 0, "columns", 0, 1, "independent"), [0])),
    )


def test_every_set_that_can_be_forced_is_a_case_of_its_own() -> None:
    cert = spanning_with_forced_term()
    cases = cert["proof"]["cases"]
    refused("proof.cases: the case in which the terms [2]", changed(cert, (("cases",), cases[:1])))
    refused("proof.cases: the case in which the terms []", changed(cert, (("cases",), cases[1:])))
    third = {**cases[0], "dropped": [0], "columns": [column(j, [], ([0, 1], [1, 2])) for j in (0, 1)]}
    refused("proof.cases: the terms [0] are never dropped", changed(cert, (("cases",), [*cases, third])))
    # Without spans the case in which nothing is dropped is enough.
    alone = normal_form("column", [0, 1, 2], [([], [column(j, [0, 1, 2]) for j in (0, 1)])])
    assert verify({**cert, "proof": alone}).complete


def test_solutions_of_a_full_space_hold_on_every_position() -> None:
    cert = full_space_by_cases()
    wrong = changed(cert, (("tree", "nonzero", "solution", 5, 1, 1, 0), "1"))
    refused("proof.tree.nonzero: the goal's equation 3 does not hold", wrong)
    refused("proof.tree.zero.then: the goal's", changed(cert, (("tree", "zero", "then", "solution"), [])))
    outside = [[["x", 0, 2], ONE, ONE]]
    refused(
        "proof.tree.zero.then.solution[0][0]: ['x', 0, 2]",
        changed(cert, (("tree", "zero", "then", "solution"), outside)),
    )
    refused(
        "proof.tree.split: ['a', 2, 0] is no universal",
        changed(cert, (("tree", "split"), single(["a", 2, 0]))),
    )
    lu = certificate("well-posed", [["10", "11"], ["11", "01"]], cert["proof"])
    refused("proof.tree.zero", lu)


def test_a_restriction_has_the_terms_of_the_larger_mask_on_lines_of_it() -> None:
    cert = restricted()
    refused("proof.rows: term 0 has not the lines", changed(cert, (("rows",), [[0, 0], [1, 1]])))
    refused("proof.rows: term 1 has not the lines", changed(cert, (("rows",), [[1, 0]])))
    refused("proof.rows[1]: 2 is listed twice", changed(cert, (("rows", 1, 1), 2)))
    refused("proof.columns[1]: 0 is listed twice", changed(cert, (("columns", 1, 0), 0)))
    refused("proof.rows: term 0 has not the lines", changed(cert, (("terms",), [0, 1])))
    refused("proof.terms: every term", changed(cert, (("terms",), [1])))
    refused("proof.rows[0][1]: the index 3 is out of range", changed(cert, (("rows", 0, 1), 3)))


def test_the_larger_mask_of_a_restriction_has_to_be_closed() -> None:
    # With a third column that only term 0 has, it has a row and a column that term 1 lacks.
    ill_posed = ("mask", "factors"), [["10", "11", "11"], ["111", "110"]]
    columns = [*restricted()["proof"]["proof"]["cases"][0]["columns"], column(2, [0])]
    larger = changed(restricted(), ill_posed, (("proof", "cases", 0, "columns"), columns))
    refused("proof.proof.cases[0].columns[0]", larger)
    three = changed(restricted(), (("mask", "factors"), [["1"], ["1"], ["1"]]))
    refused("proof.mask: the larger mask has two factors", three)


def test_a_restriction_speaks_about_no_problem_with_free_positions() -> None:
    # Terms 1 and 2 of the first rows free the crossing; without it the term left would be the full one of rank 1.
    free = absorb([1], component([0], [0], cover=([0], [])))
    proof = {
        "kind": "restriction",
        "mask": {"factors": full(2, 2, 1)},
        "terms": [0],
        "rows": [[0, 0], [1, 1]],
        "columns": [[0, 0], [1, 1]],
        "proof": normal_form("column", [0], [([], [column(j, [0]) for j in range(2)])]),
    }
    refused(
        "proof.blocks[0].proof: [0, 0] is free, and covered by a term",
        well_posed([["11", "10"], ["11", "10"]], [free], ([0], proof)),
    )
    assert verify(certificate("well-posed", full(2, 2, 1), proof)).complete


@pytest.mark.parametrize("kind", ["curve", "regauge", "", None, 3, ["reduction"]])
def test_an_unknown_kind_of_proof_is_refused(kind: object) -> None:
    refused("proof.kind: ", certificate("well-posed", full(1, 1, 1), {"kind": kind}))


def test_nested_reductions_may_be_deep() -> None:
    proof: Any = normal_form("column", [0], [([], [column(0, [0])])])
    for _ in range(3000):
        proof = reduction([], ([0], proof))
    assert verify(certificate("well-posed", full(1, 1, 1), proof)).complete
