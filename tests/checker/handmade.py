"""Certificates written by hand, one or more for each kind of proof and each rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qeclose.support import Support

Json = Any


def x(i: int, k: int) -> list[Any]:
    return ["f", 0, i, k]


def y(k: int, j: int) -> list[Any]:
    return ["f", 1, k, j]


def monomial(*variables: list[Any], c: str = "1") -> list[Any]:
    return [c, [[variable, 1] for variable in variables]]


def single(variable: list[Any]) -> list[Any]:
    return [monomial(variable)]


def certificate(claim: str, factors: list[list[str]], proof: Json) -> dict[str, Any]:
    return {
        "format": "qeclose-certificate",
        "version": 1,
        "mask": {"factors": factors},
        "claim": claim,
        "proof": proof,
    }


def support_of(cert: dict[str, Any]) -> Support:
    return Support.of_factors(
        [[int(entry) for entry in row] for row in factor] for factor in cert["mask"]["factors"]
    )


# Ill-posed: the 2×2 LU mask, A = [[0, 1], [1, 0]].

LU = [["10", "11"], ["11", "01"]]
LU_CURVE = [
    [[0, 0, [[1, "1"]]], [1, 0, [[0, "1"]]], [1, 1, [[-1, "-1"]]]],
    [[0, 0, [[0, "1"]]], [0, 1, [[-1, "1"]]], [1, 1, [[0, "1"]]]],
]
LU_POSITIONS = [[0, 0], [0, 1], [1, 0]]


def lu(refutation: Json) -> dict[str, Any]:
    point = [[0, 1, "1"], [1, 0, "1"]]
    proof = {"kind": "curve", "point": point, "factors": LU_CURVE, "refutation": refutation}
    return certificate("ill-posed", LU, proof)


def lu_tree() -> dict[str, Any]:
    tree = {
        "split": single(x(0, 0)),
        "zero": {"solve": [3, x(0, 0)], "then": {"contradiction": 1}},
        "nonzero": {"solve": [0, y(0, 0)], "then": {"contradiction": 2}},
    }
    return lu({"kind": "tree", "positions": LU_POSITIONS, "tree": tree})


def lu_scaled_tree() -> dict[str, Any]:
    tree = {
        "split": single(y(0, 0)),
        "zero": {"solve": [3, y(0, 0)], "then": {"contradiction": 2}},
        "nonzero": {
            "scale": y(0, 0),
            "inner": [0, 0],
            "then": {"solve": [0, x(0, 0)], "then": {"contradiction": 1}},
        },
    }
    return lu({"kind": "tree", "positions": LU_POSITIONS, "tree": tree})


def lu_engine() -> dict[str, Any]:
    engines = [{"name": "z3", "version": "4"}]
    return lu({"kind": "engine", "positions": LU_POSITIONS, "engines": engines})


def lu_of_three_factors() -> dict[str, Any]:
    """X₂ diagonal between the factors of LU: its entries only scale."""
    last = [["f", 2, *entry[2:]] for entry in ([y(0, 0), y(0, 1), y(1, 1)])]
    tree = {
        "split": [monomial(x(0, 0), y(0, 0))],
        "zero": {
            "split": single(y(0, 0)),
            "zero": {"solve": [4, y(0, 0)], "then": {"contradiction": 1}},
            "nonzero": {"solve": [3, x(0, 0)], "then": {"contradiction": 1}},
        },
        "nonzero": {"solve": [0, last[0]], "then": {"contradiction": 2}},
    }
    identity = [[0, 0, [[0, "1"]]], [1, 1, [[0, "1"]]]]
    proof = {
        "kind": "curve",
        "point": [[0, 1, "1"], [1, 0, "1"]],
        "factors": [LU_CURVE[0], identity, LU_CURVE[1]],
        "refutation": {"kind": "tree", "positions": LU_POSITIONS, "tree": tree},
    }
    return certificate("ill-posed", [LU[0], ["10", "01"], LU[1]], proof)


# Well-posed.


def normal_form(side: str, order: list[int], cases: list[tuple[list[int], list[Any]]]) -> Json:
    listed = [{"dropped": dropped, "columns": columns} for dropped, columns in cases]
    return {"kind": "normal-form", "side": side, "order": order, "cases": listed}


def column(j: int, independent: list[int], *spans: tuple[list[int], list[int]]) -> list[Any]:
    listed = [{"rows": rows, "vectors": vectors} for rows, vectors in spans]
    return [j, {"spans": listed, "independent": independent}]


def full(m: int, n: int, r: int) -> list[list[str]]:
    return [["1" * r] * m, ["1" * n] * r]


def reduction(steps: list[Json], *blocks: tuple[list[int], Json]) -> Json:
    listed = [{"terms": terms, "proof": proof} for terms, proof in blocks]
    return {"kind": "reduction", "steps": steps, "blocks": listed}


def component(rows: list[int], columns: list[int], *, cover: tuple[list[int], list[int]]) -> Json:
    return {"rows": rows, "columns": columns, "cover": {"rows": cover[0], "columns": cover[1]}}


def absorb(terms: list[int], *components: Json) -> Json:
    return {"rule": "absorb-equal", "terms": terms, "components": list(components)}


def rank_two_independent() -> dict[str, Any]:
    columns = [column(j, [0, 1]) for j in range(3)]
    return certificate("well-posed", full(3, 3, 2), normal_form("column", [0, 1], [([], columns)]))


def rank_two_of_rows() -> dict[str, Any]:
    columns = [column(j, [1, 0]) for j in range(3)]
    return certificate("well-posed", full(3, 3, 2), normal_form("row", [1, 0], [([], columns)]))


def spanning_with_forced_term() -> dict[str, Any]:
    """Three terms on 2×2: the third can be forced to vanish, and two of them span everything."""
    columns = [column(j, [], ([0, 1], [0, 1])) for j in range(2)]
    cases: list[Any] = [([], columns), ([2], columns)]
    return certificate("well-posed", full(2, 2, 3), normal_form("column", [0, 1, 2], cases))


def independent_after_spans() -> dict[str, Any]:
    """Term 0 spans row 0, where term 1 (rows 1, 2) is not seen."""
    factors = [["10", "01", "01"], ["11", "11"]]
    columns = [column(j, [1], ([0], [0])) for j in range(2)]
    return certificate("well-posed", factors, normal_form("column", [0, 1], [([], columns)]))


def capped_and_absorbed() -> dict[str, Any]:
    """Full 3×4 of rank 2: capped to 2×2, which two terms fill."""
    steps = [
        {"rule": "twin-capping", "side": "row", "keep": [0, 2], "drop": [1]},
        {"rule": "twin-capping", "side": "column", "keep": [1, 3], "drop": [2, 0]},
        absorb([0, 1], component([0, 2], [1, 3], cover=([0, 2], []))),
    ]
    return certificate("well-posed", full(3, 4, 2), reduction(steps))


def matched(side: str) -> dict[str, Any]:
    """Three terms that a generic X (or Y, if the side is "row") makes fill a 3×2 (2×3) matrix."""
    staircase, all_ones = ["100", "111", "011"], ["11", "11", "11"]
    matching = [[j, [[0, 0], [1, 1], [2, 2]]] for j in range(2)]
    factors = [staircase, all_ones]
    if side == "row":
        factors = [["111", "111"], ["110", "011", "011"]]
    step = {"rule": "absorb-matching", "side": side, "terms": [0, 1, 2], "matching": matching}
    return certificate("well-posed", factors, reduction([step]))


def emptied() -> dict[str, Any]:
    """Term 2 lies inside what terms 0 and 1 fill."""
    steps = [
        absorb([0, 1], component([0, 1], [0, 1], cover=([0, 1], []))),
        {"rule": "empty-term", "term": 2},
    ]
    return certificate("well-posed", [["110", "111"], ["11", "11", "01"]], reduction(steps))


def split_into_blocks() -> dict[str, Any]:
    """Term 0 is 4×4; the others fill two opposite quarters, so it splits into two 2×2 of rank one."""
    factors = [["11100"] * 2 + ["10011"] * 2, ["1111", "0011", "0011", "1100", "1100"]]

    def rank_one(id_: int, first: int) -> Json:
        columns = [column(j, [id_]) for j in (first, first + 1)]
        return normal_form("column", [id_], [([], columns)])

    steps = [
        absorb([1, 2], component([0, 1], [2, 3], cover=([0, 1], []))),
        absorb([3, 4], component([2, 3], [0, 1], cover=([], [0, 1]))),
        {
            "rule": "split-term",
            "term": 0,
            "parts": [
                {"id": 5, "rows": [0, 1], "columns": [0, 1]},
                {"id": 6, "rows": [2, 3], "columns": [2, 3]},
            ],
        },
    ]
    return certificate("well-posed", factors, reduction(steps, ([5], rank_one(5, 0)), ([6], rank_one(6, 2))))


def several_components() -> dict[str, Any]:
    """Term 0 alone fills its two single positions, which are in different components once the rest is free."""
    factors = [["110", "101"], ["11", "01", "10"]]
    steps = [
        absorb([1], component([0], [1], cover=([0], []))),
        absorb([2], component([1], [0], cover=([], [0]))),
        absorb([0], component([0], [0], cover=([0], [])), component([1], [1], cover=([], [1]))),
    ]
    return certificate("well-posed", factors, reduction(steps))


def a(i: int, j: int) -> list[Any]:
    return ["a", i, j]


ONE: Json = [["1", []]]


def full_space_by_cases() -> dict[str, Any]:
    """2×2 of rank 2, by elimination when a₀₀ ≠ 0 and by rows when it is 0."""
    eliminated = [
        [["x", 0, 0], ONE, ONE],
        [["x", 0, 1], single(a(1, 0)), single(a(0, 0))],
        [["y", 0, 0], single(a(0, 0)), ONE],
        [["y", 0, 1], single(a(0, 1)), ONE],
        [["x", 1, 1], ONE, ONE],
        [["y", 1, 1], [monomial(a(0, 0), a(1, 1)), monomial(a(1, 0), a(0, 1), c="-1")], single(a(0, 0))],
    ]
    by_rows = [
        [["x", 0, 0], ONE, ONE],
        [["y", 0, 1], single(a(0, 1)), ONE],
        [["x", 1, 1], ONE, ONE],
        [["y", 1, 0], single(a(1, 0)), ONE],
        [["y", 1, 1], single(a(1, 1)), ONE],
    ]
    tree = {
        "split": single(a(0, 0)),
        "zero": {"solve": [0, a(0, 0)], "then": {"solution": by_rows}},
        "nonzero": {"solution": eliminated},
    }
    return certificate("well-posed", full(2, 2, 2), {"kind": "full-space", "tree": tree})


def triangular_full_space() -> dict[str, Any]:
    """Row 0 meets one of the terms that row 1 meets: where it starts with a nonzero entry, it clears the one below."""

    def rows(first: Json, second: Json) -> Json:
        entries = [
            [["x", 0, 0], ONE, ONE],
            [["y", 0, 0], first, ONE],
            [["y", 0, 1], single(a(0, 1)), ONE],
            [["x", 1, 1], ONE, ONE],
            [["y", 1, 0], second, ONE],
            [["y", 1, 1], single(a(1, 1)), ONE],
        ]
        return {"solution": [entry for entry in entries if entry[1]]}

    clear = {"side": "row", "line": 1, "by": 0, "at": 0}
    tree = {
        "split": single(a(0, 0)),
        "zero": rows(single(a(0, 0)), single(a(1, 0))),
        "nonzero": {"clear": clear, "then": rows(single(a(0, 0)), [])},
    }
    return certificate("well-posed", [["10", "11"], ["11", "11"]], {"kind": "full-space", "tree": tree})


def rank_one_variety() -> dict[str, Any]:
    """2×2 of rank 1: the lines arranged so that a₀₀ ≠ 0, then row 0 divided by it, and row 1 cleared."""
    solution = [[["x", 0, 0], ONE, ONE], [["y", 0, 0], ONE, ONE], [["y", 0, 1], single(a(0, 1)), ONE]]
    solved = {"solve": [0, a(1, 1)], "then": {"forget": 0, "then": {"solution": solution}}}
    cleared = {"clear": {"side": "row", "line": 1, "by": 0, "at": 0}, "then": solved}
    tree = {
        "arrange": {"rows": [0, 1], "columns": [0, 1]},
        "zero": {"solution": []},
        "nonzero": {"divide": {"side": "row", "line": 0, "at": 0}, "then": cleared},
    }
    determinant = [monomial(a(0, 0), a(1, 1)), monomial(a(0, 1), a(1, 0), c="-1")]
    proof = {"kind": "variety", "equations": [determinant], "tree": tree}
    return certificate("well-posed", full(2, 2, 1), proof)


def full_space_by_engine() -> dict[str, Any]:
    proof = {"kind": "engine", "statement": "full-space", "engines": [{"name": "z3", "version": "4"}]}
    return certificate("well-posed", full(2, 2, 2), proof)


def restricted() -> dict[str, Any]:
    """Two rows of a 3×2 mask whose term 1 misses its first row; here the terms have exchanged their numbers."""
    columns = [column(j, [1, 0]) for j in range(2)]
    proof = {
        "kind": "restriction",
        "mask": {"factors": [["10", "11", "11"], ["11", "11"]]},
        "terms": [1, 0],
        "rows": [[0, 2], [1, 0]],
        "columns": [[0, 1], [1, 0]],
        "proof": normal_form("column", [1, 0], [([], columns)]),
    }
    return certificate("well-posed", [["11", "01"], ["11", "11"]], proof)


def sentence_by_engine() -> dict[str, Any]:
    proof = {"kind": "engine", "statement": "sentence", "engines": [{"name": "redlog", "version": "1"}]}
    return certificate("well-posed", full(1, 1, 1), proof)


HANDMADE: dict[str, Callable[[], dict[str, Any]]] = {
    make.__name__: make
    for make in (
        lu_tree,
        lu_scaled_tree,
        lu_engine,
        lu_of_three_factors,
        rank_two_independent,
        rank_two_of_rows,
        spanning_with_forced_term,
        independent_after_spans,
        capped_and_absorbed,
        emptied,
        split_into_blocks,
        several_components,
        full_space_by_cases,
        triangular_full_space,
        rank_one_variety,
        full_space_by_engine,
        restricted,
        sentence_by_engine,
    )
} | {"matched_columns": lambda: matched("column"), "matched_rows": lambda: matched("row")}
