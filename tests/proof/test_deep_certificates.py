"""Certificates nested to any depth are relabelled: trees, refutations and proofs inside each other."""

from __future__ import annotations

import random
from typing import Any

import pytest

from qeclose.proof.certificate import relabel
from qeclose.support.relabelling import Relabelling

DEPTH = 100_000
LU = [["10", "11"], ["11", "01"]]


def certificate(proof: Any, claim: str = "ill-posed") -> dict[str, Any]:
    return {
        "format": "qeclose-certificate",
        "version": 1,
        "mask": {"factors": LU},
        "claim": claim,
        "proof": proof,
    }


def curve(refutation: Any) -> dict[str, Any]:
    return {"kind": "curve", "point": [], "factors": [[], []], "refutation": refutation}


def relabelling(*, turned: bool) -> Relabelling:
    return Relabelling(((1, 0), (1, 0), (1, 0)), turned)


@pytest.mark.slow
@pytest.mark.parametrize("turned", [False, True])
def test_a_deep_tree(turned: bool) -> None:
    leaf: dict[str, Any] = {"contradiction": 0}
    tree = leaf
    for number in range(DEPTH):
        v = ["f", 0, number % 2, 0]
        keys = ("zero", "nonzero") if number % 3 else ("nonzero", "zero")
        tree = {"split": [["1", [[v, 1]]]], keys[0]: tree, keys[1]: leaf}
    cert = certificate(curve({"kind": "tree", "positions": [[0, 1]], "tree": tree}))
    moved = relabel(cert, relabelling(turned=turned))["proof"]["refutation"]
    assert moved["positions"] == [[0, 1] if turned else [1, 0]]
    node, levels = moved["tree"], 0
    while "split" in node:
        ((_, (([*name], _),)),) = node["split"]
        number = DEPTH - 1 - levels
        row = 1 - number % 2
        assert name == (["f", 1, 1, row] if turned else ["f", 0, row, 1])
        node, levels = node["zero" if number % 3 else "nonzero"], levels + 1
    assert (node, levels) == (leaf, DEPTH)


@pytest.mark.slow
@pytest.mark.parametrize("turned", [False, True])
def test_deep_refutations(turned: bool) -> None:
    inner: dict[str, Any] = {"kind": "tree", "positions": [[0, 0]], "tree": {"contradiction": 0}}
    for number in range(DEPTH):
        pads = [[number % 2, 0, 1]]
        inner = {"kind": "padded", "rows": [0], "columns": [], "pads": pads, "refutation": inner}
    node = relabel(certificate(curve(inner)), relabelling(turned=turned))["proof"]["refutation"]
    for number in reversed(range(DEPTH)):
        assert node["pads"] == [[1 - number % 2, *([0, 1] if turned else [1, 0])]]
        assert (node["rows"], node["columns"]) == (([], [1]) if turned else ([1], []))
        node = node["refutation"]
    assert node["positions"] == [[1, 1]]


@pytest.mark.parametrize("turned", [False, True])
def test_deep_proofs_of_closedness(turned: bool) -> None:
    rng = random.Random(0)
    kinds = [rng.choice(["reduction", "restriction"]) for _ in range(DEPTH // 10)]
    proof: dict[str, Any] = {"kind": "normal-form", "side": "row", "order": [0, 1], "cases": []}
    for kind in reversed(kinds):
        if kind == "reduction":
            proof = {"kind": kind, "steps": [], "blocks": [{"terms": [0], "proof": proof}]}
        else:
            lines = [[0, 0], [1, 1]]
            proof = {
                "kind": kind,
                "mask": {"factors": LU},
                "terms": [0, 1],
                "rows": lines,
                "columns": [],
                "proof": proof,
            }
    node = relabel(certificate(proof, "well-posed"), relabelling(turned=turned))["proof"]
    named = True  # inside a restriction the larger mask keeps its own names
    for kind in kinds:
        assert node["kind"] == kind
        if kind == "reduction":
            (block,) = node["blocks"]
            assert block["terms"] == [1 if named else 0]
            node = block["proof"]
        else:
            listed = node["columns" if turned else "rows"]
            assert listed == ([[1, 0], [0, 1]] if named else [[0, 0], [1, 1]])
            node, named = node["proof"], False
    assert node["side"] == ("column" if turned else "row")
    assert node["order"] == ([1, 0] if named else [0, 1])
