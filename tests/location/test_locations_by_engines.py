"""``locate --engine``: what engines say of one matrix is told beside the proof, must not contradict it, and stands in for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from qeclose import Support
from qeclose.cli.app import app
from qeclose.location import Location, locate, locating
from qeclose.location.engines import EngineWord, contradiction

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
        "the description of the closure of E",
    ]
    (word,) = locate([[1, 2], [2, 4]], rank_one, engines=["qepcad"], timeout=120).engines
    assert word.inside is True and len(word.runs) == 2


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
