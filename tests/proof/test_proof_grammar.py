"""The classes of proofs are the kinds of docs/certificates.md and those that the checker knows, no more and no fewer."""

from __future__ import annotations

import copy
import json
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from samples import CLOSED, NODES, OTHERS, PAIRS, PROOFS, REFUTATIONS, STEPS, THREE, Json

import qeclose
from qeclose.certify import Certified, certify
from qeclose.certify.chains.decide import CertifiedChain, certify_chain
from qeclose.certify.unions.decide import certify_union
from qeclose.checker.claims import NotIn
from qeclose.checker.rules import RULES
from qeclose.checker.tree import _NODES as CHECKED_NODES
from qeclose.errors import CertificateError
from qeclose.location import locate
from qeclose.networks import Biases, DataSet, Frontier
from qeclose.networks.files import dataset_certificate
from qeclose.proof import from_json, mask_proof_from_json, moved_proof, to_json
from qeclose.proof.ill_posed import Refutation
from qeclose.proof.kinds import Proof
from qeclose.proof.trees import Tree
from qeclose.proof.well_posed import Step
from qeclose.support import Support, generate
from qeclose.support.bounded import BoundedSupport, Bounds
from qeclose.table import RANKS, entries

PAGE = (Path(qeclose.__file__).parent.parent / "docs" / "certificates.md").read_text()


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def kinds(text: str) -> set[str]:
    return set(re.findall(r'"kind": "([a-z-]+)"', text))


# Every kind has its class


def test_every_kind_of_proof_of_the_checker_has_a_class() -> None:
    classes = {cls.kind for cls in get_args(Proof)}
    assert classes == {kind for claim, kind in RULES if claim is not NotIn}
    assert {cls.kind for cls in get_args(Refutation)} == {kind for claim, kind in RULES if claim is NotIn}


def test_every_kind_of_the_page_has_a_class() -> None:
    refutations = {cls.kind for cls in get_args(Refutation)}
    assert kinds(section("Ill-posed")) == refutations | {"curve"}
    classes = {cls.kind for cls in get_args(Proof)}
    places = set(re.findall(r"\| `([a-z]+)`(?::|,) ", section("Where one matrix lies")))
    assert (kinds(PAGE) | places) - (refutations - {"engine"}) == classes


def test_every_node_and_every_step_of_the_page_and_of_the_checker_has_a_class() -> None:
    nodes = set(re.findall(r'`\{"([a-z]+)":', section("Polynomials, variables, trees")))
    assert nodes == set(CHECKED_NODES) == set(NODES)
    assert {type(from_json({"kind": "full-space", "tree": n}).tree) for n in NODES.values()} == set(  # type: ignore[union-attr]
        get_args(Tree)
    )
    rules = set(re.findall(r'`\{"rule": "([a-z-]+)"', section("Well-posed")))
    assert rules == {cls.rule for cls in get_args(Step)} == set(STEPS)


def test_the_samples_are_of_every_kind() -> None:
    assert {proof["kind"] for proof in PROOFS.values()} == {cls.kind for cls in get_args(Proof)}
    assert set(REFUTATIONS) == {cls.kind for cls in get_args(Refutation)}


# There and back


@pytest.mark.parametrize("name", PROOFS)
def test_a_proof_is_written_as_it_was_read(name: str) -> None:
    written = to_json(from_json(copy.deepcopy(PROOFS[name])))
    assert json.dumps(written) == json.dumps(PROOFS[name])


def test_the_proofs_of_the_table_are_written_as_they_were_read() -> None:
    for rank in RANKS:
        for entry in entries(rank):
            assert to_json(from_json(entry.proof)) == entry.proof


UNIONS = (
    ("bounds-rule", (["11", "11"], ["11", "11"]), (Bounds(3), Bounds(4, column=1))),
    ("cover", (["11", "11"], ["101", "111"]), (Bounds(3), Bounds(3))),
    ("union", (["01", "11"], ["101", "111"]), (Bounds(3), Bounds(3))),
)


def found() -> Iterator[tuple[str, Json]]:
    """Certificates of every search."""
    deadline = time.monotonic() + 60
    for name in ("arrow", "lu"):
        for size in ("2", "4"):
            support = generate(name, size)
            for table in (True, False):
                result = certify(support, deadline=deadline, table=table)
                assert isinstance(result, Certified)
                yield f"{name} {size}", result.certificate
    rng = random.Random(7)
    for number in range(12):
        masks = [
            [[int(rng.random() < 0.7) for _ in range(3)] for _ in range(3)] for _ in range(2 + number % 2)
        ]
        support = Support.of_factors(masks)
        if number % 2:
            chain = certify_chain(support, deadline=time.monotonic() + 3)
            if isinstance(chain, CertifiedChain):
                yield f"chain {number}", chain.certificate
        else:
            pair = certify(support, deadline=time.monotonic() + 3, table=number % 4 == 0)
            if isinstance(pair, Certified):
                yield f"pair {number}", pair.certificate
    for kind, (left, right), bounds in UNIONS:
        box = Support.of_factors([[list(map(int, row)) for row in mask] for mask in (left, right)])
        union = certify_union(BoundedSupport(box, *bounds), deadline=deadline)
        assert union.certificate is not None
        assert union.certificate["proof"]["kind"] == kind
        yield kind, union.certificate
    lu = generate("lu", "2")
    curve = certify(lu, deadline=deadline)
    assert isinstance(curve, Certified)
    frontier = Frontier.from_certificate(curve.certificate)
    assert frontier is not None
    yield "data set", dataset_certificate(DataSet.of(lu, frontier, Biases.every(2, 2)))
    for matrix in ([[1, 2], [3, 4]], [[0, 1], [1, 0]], [[1, 1], [0, 0]]):
        place = locate(matrix, generate("lu", "2"), timeout=20)
        assert place.certificate is not None
        yield f"location of {matrix}", place.certificate


def test_what_the_searches_find_is_written_as_it_was_read() -> None:
    for name, certificate in found():
        proof = json.loads(json.dumps(certificate["proof"]))
        assert to_json(from_json(proof)) == proof, name


# Moved


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("samples", "layers"), [(PAIRS, 3), (THREE, 4)])
def test_a_proof_that_is_moved_there_and_back_is_the_same(
    samples: dict[str, Json], layers: int, turned: bool
) -> None:
    for name, value in samples.items():
        proof = mask_proof_from_json(value)
        exchanged = [(1, 0)] * layers
        moved = moved_proof(proof, exchanged, turned=turned)
        assert to_json(moved) != value or name in UNMOVED
        assert to_json(moved_proof(moved, exchanged, turned=turned)) == value, name


UNMOVED = {"engine", "node contradiction", "node forget", "orthogonal-chain"}
"""Samples that name no line."""


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_not_about_one_mask_is_not_moved(kind: str) -> None:
    with pytest.raises(CertificateError):
        mask_proof_from_json(OTHERS[kind])


# Shapes


def places(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Json]]:
    yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


def changed(value: Json, path: tuple[Any, ...], new: Json) -> Json:
    if not path:
        return new
    result = copy.copy(value)
    result[path[0]] = changed(value[path[0]], path[1:], new)
    return result


@pytest.mark.parametrize("name", PROOFS)
def test_what_the_page_does_not_describe_is_refused(name: str) -> None:
    proof = PROOFS[name]
    for path, value in places(proof):
        others: list[Json] = [None, True, 1.5]
        if isinstance(value, dict):
            others += [{**value, "odd": 1}, *({k: v for k, v in value.items() if k != key} for key in value)]
        elif isinstance(value, list):
            others += ["01", {}, {str(number): part for number, part in enumerate(value)}]
        elif isinstance(value, str):
            others += [{}, [value]]
        else:
            others += ["0", [value]]
        for other in others:
            with pytest.raises(CertificateError, match="no proof"):
                print(path, other, from_json(changed(proof, path, other)))


def test_kinds_of_closedness_alone_are_blocks() -> None:
    block = {"kind": "reduction", "steps": [], "blocks": [{"terms": [0], "proof": PAIRS["curve"]}]}
    with pytest.raises(CertificateError):
        from_json(block)
    assert from_json({**block, "blocks": [{"terms": [0], "proof": CLOSED["engine"]}]})
