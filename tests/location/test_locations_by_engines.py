"""``locate --engine``: what engines say of one matrix is told beside the proof, must not contradict it, and stands in for it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from qeclose import Support
from qeclose.cli.app import app
from qeclose.location import Location, locate, locating
from qeclose.location.engines import EngineWord, contradiction
from qeclose.support.families import lu

LU = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]])
PLACES = [([[1, 2], [3, 4]], "inside"), ([[0, 1], [1, 0]], "frontier"), ([[1, 2], [0, 0]], "inside")]


@pytest.mark.parametrize(("matrix", "place"), PLACES)
def test_a_satisfiability_solver_confirms_whether_there_are_factors(matrix: object, place: str) -> None:
    pytest.importorskip("z3")
    found = locate(matrix, LU, engines=["z3"])
    (word,) = found.engines
    assert found.place == place and not found.failures
    assert word.inside is (place == "inside") and word.closure is None
    assert word.runs[0]["question"] == "A = X Yᵀ has a solution"


def test_missing_entries_are_not_asked_of_engines() -> None:
    pytest.importorskip("z3")
    corner = Support([[1], [1]], [[1], [1]], missing=[[1, 0], [0, 0]])
    for matrix, inside in (([[9, 2], [3, 6]], True), ([[9, 1], [1, 0]], False)):
        assert locate(matrix, corner, engines=["z3"]).engines[0].inside is inside


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("qepcad") is None, reason="QEPCAD is not installed")
def test_descriptions_of_e_and_of_its_closure_are_evaluated() -> None:
    rank_one = Support([[1], [1]], [[1], [1]])
    (word,) = locate([[1, 2], [3, 4]], rank_one, engines=["qepcad"], timeout=120).engines
    assert (word.inside, word.closure) == (False, False)
    assert [run["question"].split(" holds")[0] for run in word.runs[1:]] == [
        "the description of E",
        "the description of E with weak inequalities",
    ]
    (word,) = locate([[1, 2], [2, 4]], rank_one, engines=["qepcad"], timeout=120).engines
    assert word.inside is True and len(word.runs) == 2


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("qepcad") is None, reason="QEPCAD is not installed")
def test_a_segment_inside_a_description_of_e_shows_that_a_matrix_is_a_limit() -> None:
    """No ε and no description of the closure is needed: one question about a direction."""
    found = locate([[0, 1], [1, 0]], LU, engines=["qepcad"], timeout=120)
    (word,) = found.engines
    assert found.place == "frontier" and not found.failures
    assert (word.inside, word.closure, word.notes) == (False, True, [])
    assert [run["answer"] for run in word.runs] == ["false", "false", "true"]
    assert word.runs[-1]["question"] == "a segment inside the description of E ends at A"


LU_3 = lu(3)
STANDIN = Path(__file__).parents[1] / "engine" / "standins" / "fake_reduce.py"


@pytest.mark.parametrize(
    ("matrix", "place"),
    [
        ([[1, 2, 3], [2, 5, 7], [1, 1, 9]], "inside"),
        pytest.param([[1, 2, 3], [2, 4, 7], [1, 2, 9]], "inside", marks=pytest.mark.slow),
        pytest.param([[1, 2, 3], [2, 4, 7], [1, 1, 9]], "frontier", marks=pytest.mark.slow),
    ],
)
def test_redlogs_description_of_lu_matrices_is_evaluated(
    matrix: object, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The stand-in answers what the real program was asked when it was recorded: for the set of all products of LU 3×3.

    It reports an error for every other question, here whether there are factors of this matrix. An engine that fails at one
    question and answers another has given its word.
    """
    paths = {"redlog": tmp_path / "redcsl"}
    paths["redlog"].write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STANDIN}" "$@"\n')
    paths["redlog"].chmod(0o755)
    found = locate(matrix, LU_3, engines=["redlog"], paths=paths, timeout=90)
    (word,) = found.engines
    assert found.place == place and not found.failures
    assert word.inside is (place == "inside") and word.closure is None
    described = [run for run in word.runs if run["question"] == "the description of E holds for A"]
    assert [run["answer"] for run in described] == [{"inside": "true", "frontier": "false"}[place]]
    assert "no recording answers this" in word.notes[0]
    if place != "inside":
        return
    # Without a proof of our own it stands on redlog's word.
    nothing = Location(LU_3, "undecided", "nothing was found", 0.0)
    monkeypatch.setattr(locating._Search, "run", lambda self: nothing)
    alone = locate(matrix, LU_3, engines=["redlog"], paths=paths, timeout=90)
    assert alone.place == "inside"
    assert "on the word of redlog" in alone.reason and not alone.failures


def words_of(monkeypatch: pytest.MonkeyPatch, *words: EngineWord) -> None:
    monkeypatch.setattr(locating, "ask_engines", lambda *arguments, **options: list(words))


def test_an_engine_that_contradicts_a_proof_or_another_engine_leaves_nothing_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words_of(monkeypatch, EngineWord("z3", inside=False))
    found = locate([[1, 2], [3, 4]], LU, engines=["z3"])
    assert found.place == "undecided" and found.certificate is None and found.factors is None
    assert "disagree" in found.failures[0] and "the proof: A has factors" in found.failures[0]
    words_of(monkeypatch, EngineWord("z3", inside=False), EngineWord("redlog", inside=False, closure=False))
    assert locate([[0, 1], [1, 0]], LU, engines=["z3", "redlog"]).place == "undecided"


@pytest.mark.parametrize(
    ("words", "disputed"),
    [
        ([EngineWord("a", True), EngineWord("b", True)], False),
        ([EngineWord("a", True), EngineWord("b", False)], True),
        ([EngineWord("a", False, True), EngineWord("b", False, False)], True),
        ([EngineWord("a", False, True), EngineWord("b", None, None)], False),
        ([EngineWord("a", True, disagrees=True)], True),
    ],
)
def test_engines_contradict_each_other_where_one_says_the_opposite(
    words: list[EngineWord], disputed: bool
) -> None:
    assert (contradiction(words, None, None) is not None) is disputed


@pytest.mark.parametrize(
    ("word", "place"),
    [
        (EngineWord("redlog", True), "inside"),
        (EngineWord("redlog", False, True), "frontier"),
        (EngineWord("redlog", False, False), "outside"),
        (EngineWord("redlog", None, False), "outside"),
        (EngineWord("redlog", False, None), "undecided"),
        (EngineWord("redlog", None, True), "undecided"),
        (EngineWord("redlog"), "undecided"),
    ],
)
def test_without_a_proof_the_place_rests_on_the_word_of_engines(
    word: EngineWord, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words_of(monkeypatch, word)
    nothing = Location(LU, "undecided", "nothing was found", 0.0)
    monkeypatch.setattr(locating._Search, "run", lambda self: nothing)
    found = locate([[1, 2], [3, 4]], LU, engines=["redlog"])
    assert found.place == place and found.certificate is None
    assert ("on the word of redlog" in found.reason) is (word.inside is not None or place != "undecided")
    # A second engine that says less does not carry it.
    words_of(monkeypatch, word, EngineWord("qepcad"))
    if word.said != "nothing":
        assert locate([[1, 2], [3, 4]], LU, engines=["redlog", "qepcad"]).place == "undecided"


def test_the_command_tells_what_engines_say_and_fails_if_one_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("z3")
    monkeypatch.chdir(tmp_path)
    Path("lu.txt").write_text("I:\n10\n11\nJ:\n10\n11\n")
    Path("a.txt").write_text("0 1\n1 0\n")
    told = CliRunner().invoke(app, ["locate", "--engine", "z3", "a.txt", "lu.txt", "--format", "json"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["engines"][0]["says"] == "A has no factors"
    assert (
        "z3: A has no factors"
        in CliRunner().invoke(app, ["locate", "--engine", "z3", "a.txt", "lu.txt"]).stdout
    )
    missing = ["locate", "--engine", "z3", "--engine-path", "z3=/no/such/z3", "a.txt", "lu.txt"]
    failed = CliRunner().invoke(app, missing)
    assert failed.exit_code == 4
    assert "on the frontier" in failed.stdout and "/no/such/z3" in failed.stderr
