"""What ``why`` says, whatever kind of proof a verdict rests on: a sentence for people, and nothing internal."""

from __future__ import annotations

import pickle
import re

import pytest

import qeclose
from qeclose.certify import Certified
from qeclose.decide.verdict import Verdict
from qeclose.decide.words import why_closed
from qeclose.proof.reading import closed_from_json
from qeclose.support import Support, generate
from qeclose.table import RANKS, entries

# What used to leak: names of kinds, plurals in brackets, the insides of presolve.
_INTERNAL = re.compile(
    r"\(s\)|presolve|full-space|normal-form|\bvariety\b|restriction|orthogonal-chain|\bcurve\b|\bNone\b"
)
CHAINS = {
    "bounded": [[[1, 1], [1, 1]], [[1, 1], [1, 1]], [[1, 0], [0, 1]]],
    "merged, then a pair": [[[1, 0], [1, 1]], [[1, 0], [0, 1]], [[1, 1], [0, 1]]],
    "everything": [[[1, 1], [1, 1]], [[1, 1], [0, 1]], [[1, 1], [1, 1]]],
}
PAIRS: dict[str, Support] = {
    "reduction only": generate("full", "2", "2", "2"),
    "a block": generate("full", "3", "3", "2"),
    "obstruction": generate("lu", "2"),
    "large obstruction": generate("lu", "20"),
    "variety": Support(
        [[1, 0, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 0], [1, 0, 1], [0, 1, 1], [0, 1, 1]]
    ),
}


def _is_a_sentence(verdict: Verdict) -> bool:
    told = verdict.reason
    meanings = {
        "well-posed": "every matrix has a best approximation by factors with these supports",
        "ill-posed": "some matrices have no best approximation: ever better factors grow without bound",
        "undecided": "no answer was found",
    }
    assert told.startswith(meanings[verdict.verdict] + "; ")
    details = [str(step.detail) for step in verdict.presolve]
    return all(not _INTERNAL.search(text) and "\n" not in text and text.strip() for text in (told, *details))


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("name", PAIRS)
def test_the_reason_of_a_pair_is_a_sentence(name: str, table: bool):
    assert _is_a_sentence(qeclose.check(PAIRS[name], method="certify", timeout=30, table=table))


@pytest.mark.parametrize("name", CHAINS)
def test_the_reason_of_a_chain_is_a_sentence(name: str):
    assert _is_a_sentence(qeclose.check(Support.of_factors(CHAINS[name]), method="certify", timeout=20))


@pytest.mark.parametrize("method", ["staged", "sentence", "auto"])
def test_the_reason_of_a_method_that_found_nothing_is_a_sentence(
    method: str, monkeypatch: pytest.MonkeyPatch
):
    for name in ("QEPCAD", "Z3", "CVC5", "YICES", "REDLOG"):
        monkeypatch.setenv(f"QECLOSE_{name}", "/nowhere")
    verdict = qeclose.check(generate("random", "6", "6", "5", "0.6"), method=method, timeout=0.2)
    assert _is_a_sentence(verdict)


def test_every_proof_of_the_table_has_words():
    told = set()
    for entry in (entry for rank in RANKS for entry in entries(rank) if entry.closed):
        why = str(why_closed(Certified(entry.support, closed_from_json(entry.proof), ())))
        assert why and not _INTERNAL.search(why)
        told.add(why)
    assert len(told) > 3


def test_verdicts_and_their_parts_are_short_to_show_hashable_and_picklable():
    verdict = qeclose.check(generate("lu", "200"), method="certify", timeout=30)
    for value in (verdict, verdict.witness, verdict.support):
        assert len(repr(value)) < 200 and "\n" not in repr(value)
        again = pickle.loads(pickle.dumps(value))  # noqa: S301 - what this test made itself
        assert again == value and hash(again) == hash(value)
    assert verdict.witness is not None
    assert (verdict.witness.rows, verdict.witness.columns, verdict.witness.terms) == ((0, 1), (0, 1), (0, 1))
    assert len(verdict.witness.X) == len(verdict.witness.Y) == 2
