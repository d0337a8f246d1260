"""One proof of every kind that docs/certificates.md describes, by its shape: what they claim need not be true."""

from __future__ import annotations

from typing import Any

Json = Any

F, A, X, Y = ["f", 0, 1, 0], ["a", 0, 1], ["x", 1, 0], ["y", 0, 1]
ENGINES = [{"name": "z3", "version": "4.13"}, {"name": "qepcad", "version": "B 1.72"}]
LEAF: Json = {"contradiction": 0}


def polynomial(*variables: Json) -> Json:
    return [["-1/2", [[variable, 1 + number] for number, variable in enumerate(variables)]], ["3", []]]


NODES: dict[str, Json] = {
    "split": {"split": polynomial(F), "zero": LEAF, "nonzero": {"contradiction": "unit"}},
    "solve": {"solve": [2, F], "then": LEAF},
    "forget": {"forget": 1, "then": LEAF},
    "scale": {"scale": F, "inner": [0, 1], "then": LEAF},
    "clear": {"clear": {"side": "row", "line": 0, "by": 1, "at": 1}, "then": LEAF},
    "divide": {"divide": {"side": "column", "line": 1, "at": 0}, "then": LEAF},
    "arrange": {"arrange": {"rows": [1, 0], "columns": [1]}, "zero": LEAF, "nonzero": LEAF},
    "contradiction": {"contradiction": "unit"},
    "positive": {"positive": 1, "squares": [["2", polynomial(F)], ["1", polynomial()]]},
    "solution": {"solution": [[X, polynomial(A), polynomial()], [Y, polynomial(A, A), polynomial(A)]]},
}

REFUTATIONS: dict[str, Json] = {
    "tree": {"kind": "tree", "positions": [[0, 1], [1, 1]], "tree": NODES["split"]},
    "engine": {"kind": "engine", "positions": [[1, 0]], "engines": ENGINES},
    "minor": {"kind": "minor", "positions": [[0, 0], [0, 1], [1, 0]]},
}
REFUTATIONS["padded"] = {
    "kind": "padded",
    "rows": [0],
    "columns": [0, 1],
    "pads": [[1, 1, 0]],
    "refutation": REFUTATIONS["tree"],
}
REFUTATIONS["grouped"] = {"kind": "grouped", "sizes": [2, 1], "refutation": REFUTATIONS["minor"]}

STEPS: dict[str, Json] = {
    "empty-term": {"rule": "empty-term", "term": 1},
    "twin-capping": {"rule": "twin-capping", "side": "column", "keep": [0], "drop": [1]},
    "absorb-equal": {
        "rule": "absorb-equal",
        "terms": [0, 1],
        "components": [{"rows": [0], "columns": [0, 1], "cover": {"rows": [0], "columns": []}}],
    },
    "absorb-matching": {
        "rule": "absorb-matching",
        "side": "row",
        "terms": [0, 1],
        "matching": [[0, [[1, 0], [0, 1]]]],
    },
    "split-term": {
        "rule": "split-term",
        "term": 0,
        "parts": [{"id": 5, "rows": [0], "columns": [1]}, {"id": 6, "rows": [1], "columns": [0]}],
    },
}

CLOSED: dict[str, Json] = {
    "normal-form": {
        "kind": "normal-form",
        "side": "column",
        "order": [1, 0],
        "cases": [
            {
                "dropped": [],
                "columns": [
                    [0, {"spans": [{"rows": [0], "vectors": [1]}], "independent": [0]}],
                    [1, {"statement": "spanning", "engines": ENGINES}],
                ],
            },
            {"dropped": [1], "columns": [[0, {"spans": [], "independent": [0]}]]},
        ],
    },
    "variety": {"kind": "variety", "equations": [polynomial(A), polynomial(A, A)], "tree": NODES["solution"]},
    "engine": {"kind": "engine", "statement": "full-space", "engines": ENGINES},
}
CLOSED["full-space"] = {"kind": "full-space", "tree": NODES["arrange"]}
CLOSED["restriction"] = {
    "kind": "restriction",
    "mask": {"factors": [["10", "11", "01"], ["110", "011"]]},
    "terms": [1, 0],
    "rows": [[0, 2], [1, 0]],
    "columns": [[0, 1]],
    "proof": CLOSED["full-space"],
}
CLOSED["reduction"] = {
    "kind": "reduction",
    "steps": list(STEPS.values()),
    "blocks": [{"terms": [5], "proof": CLOSED["normal-form"]}, {"terms": [6], "proof": CLOSED["engine"]}],
}

CURVE: Json = {
    "kind": "curve",
    "point": [[0, 1, "1"], [1, 0, "-2/3"]],
    "factors": [[[0, 0, [[-1, "1"], [2, "1/2"]]], [1, 1, [[0, "1"]]]], [[0, 1, [[1, "1"]]]]],
    "refutation": REFUTATIONS["padded"],
}
CHAINS: dict[str, Json] = {
    "orthogonal-chain": {"kind": "orthogonal-chain", "centre": 2, "first": "left"},
    "merged": {
        "kind": "merged",
        "merges": [{"at": 1, "steps": [STEPS["split-term"], STEPS["twin-capping"]]}],
        "proof": CLOSED["normal-form"],
    },
}
FACTORS = [["11", "01"], ["10", "11"]]
OTHERS: dict[str, Json] = {
    "relu-data-set": {
        "kind": "relu-data-set",
        "biases": {"hidden": "11", "output": "01"},
        "frontier": CURVE,
        "rows": [0, 1],
        "columns": [1],
        "parameters": ["-1/2", "1/2"],
        "inputs": [["0", "1"], ["0", "2"]],
        "targets": [["1", "0"], ["2", "0"]],
        "time": "1/16",
        "weights": {"W1": [["1", "0"]], "b1": ["1"], "W2": [["1"], ["0"]], "b2": ["0", "0"]},
        "loss": "1/4000000",
    },
    "union": {
        "kind": "union",
        "member": FACTORS,
        "curve": CURVE,
        "cases": {
            "entry": [1, 0, 1],
            "in": {"refutation": REFUTATIONS["minor"]},
            "out": {"refutation": REFUTATIONS["tree"]},
        },
    },
    "bounds-rule": {"kind": "bounds-rule", "rule": "echelon", "factor": 1},
    "cover": {
        "kind": "cover",
        "parts": [
            {"factors": FACTORS, "proof": CLOSED["full-space"]},
            {"factors": FACTORS, "vanishing": [polynomial(A)], "tree": NODES["solution"]},
        ],
    },
    "factors": {"kind": "factors", "factors": [[[0, 0, "1"]], [[0, 1, "2/5"]]]},
    "entry": {"kind": "entry", "row": 1, "column": 0},
    "rank": {"kind": "rank", "rows": [0, 1], "columns": [0, 1]},
    "closed": {"kind": "closed", "well_posed": CLOSED["full-space"], "refutation": REFUTATIONS["tree"]},
}


def with_node(node: Json) -> Json:
    """A proof whose tree is this node."""
    return {"kind": "full-space", "tree": node}


def with_refutation(refutation: Json) -> Json:
    """A proof with this refutation."""
    return {**CURVE, "refutation": refutation}


PAIRS: dict[str, Json] = {"curve": CURVE, **CLOSED}
PAIRS |= {f"node {name}": with_node(node) for name, node in NODES.items()}
PAIRS |= {
    f"refutation {name}": with_refutation(REFUTATIONS[name]) for name in REFUTATIONS if name != "grouped"
}
"""Proofs about masks of two factors with two rows, terms and columns."""

THREE: dict[str, Json] = {**CHAINS, "grouped": with_refutation(REFUTATIONS["grouped"])}
"""Proofs about masks of three factors, with two lines in every layer."""

PROOFS = {**PAIRS, **THREE, **OTHERS}
