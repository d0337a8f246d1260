"""What certificates show, put to engines as questions of their own: what is asked, and what comes of the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from handmade import (
    HANDMADE,
    certificate,
    full,
    lu_tree,
    rank_one_variety,
    rank_two_of_rows,
    triangular_full_space,
)

from qeclose.attest import second_opinion
from qeclose.attest.sentences import sentence_of
from qeclose.attest.statements import statements
from qeclose.checker.questions import System
from qeclose.cli.app import app
from qeclose.engine.protocol import Ability, Limits, Outcome, Run
from qeclose.engine.registry import find_engine
from qeclose.errors import CertificateError, EngineCrashed, EngineNotFound, UsageError
from qeclose.formula.operations import free_variables

LIMITS = Limits(60.0, 2000)


class Fake:
    """Answers as it is told, or raises that."""

    abilities = frozenset({Ability.SATISFY, Ability.DECIDE})
    path = Path("/nowhere")

    def __init__(self, name: str, answer: Any) -> None:
        self.name = name
        self.answer = answer

    def version(self) -> str:
        return "9"

    def satisfy(self, system: Any, limits: Limits) -> Outcome[Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return Outcome(self.answer, Run(self.name, "9", 0.1, 1.0, ""))

    decide = satisfy


def counts(cert: Mapping[str, Any], *engines: Any, limits: Limits = LIMITS) -> tuple[int, int, int]:
    found = second_opinion(cert, None, engines, limits)
    return found.count("confirmed"), found.count("open"), found.count("contradicted")


@pytest.mark.parametrize("name", HANDMADE)
def test_every_statement_is_a_sentence(name: str) -> None:
    for question in statements(HANDMADE[name]()):
        assert isinstance(question.asked, System)
        assert not free_variables(sentence_of(question.asked))


def test_each_kind_of_proof_has_its_statements() -> None:
    def said(cert: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(question.path, question.statement) for question in statements(cert)]

    assert (
        said(lu_tree())
        == [
            ("proof.refutation", "A is not in E"),
            ("proof.refutation.tree.zero.then", "nothing is in this case"),
            ("proof.refutation.tree.nonzero.then", "nothing is in this case"),
        ]
        or len(said(lu_tree())) == 3
    )
    assert {statement for _, statement in said(rank_two_of_rows())} <= {
        "vectors are always independent",
        "rows are always spanned",
    }
    assert {statement for _, statement in said(triangular_full_space())} == {
        "the factors given in this case are a solution"
    }
    matrix = {
        **certificate("outside", full(2, 2, 1), {"kind": "rank", "rows": [0, 1], "columns": [0, 1]}),
        "matrix": [[0, 0, "1"], [1, 1, "1"]],
    }
    assert said(matrix) == [("proof", "this minor is not made by 1 terms")]
    inside = {
        **certificate(
            "inside", full(1, 1, 1), {"kind": "factors", "factors": [[[0, 0, "2"]], [[0, 0, "3"]]]}
        ),
        "matrix": [[0, 0, "6"]],
    }
    assert said(inside) == [("proof", "A is in E")]


def test_answers_are_counted_as_confirmed_open_and_contradicted() -> None:
    assert counts(lu_tree(), Fake("one", False)) == (3, 0, 0)
    assert counts(lu_tree(), Fake("one", True)) == (0, 0, 3)
    assert counts(lu_tree(), Fake("one", None)) == (0, 3, 0)
    assert counts(lu_tree(), Fake("one", False), Fake("two", None)) == (3, 0, 0)
    assert counts(lu_tree(), Fake("one", False), Fake("two", True)) == (0, 0, 3)
    assert counts(lu_tree(), Fake("one", EngineCrashed("one", "gone"))) == (0, 3, 0)
    assert counts(lu_tree(), Fake("one", UsageError("not that"))) == (0, 3, 0)
    assert counts(lu_tree(), Fake("one", False), limits=Limits(0.0, 2000)) == (0, 3, 0)


def test_what_the_checker_refuses_is_not_asked() -> None:
    wrong = lu_tree()
    wrong["proof"]["point"] = []
    with pytest.raises(CertificateError):
        counts(wrong, Fake("one", False))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["z3", "cvc5", "yices", "qepcad"])
def test_real_engines_confirm_what_certificates_show_and_never_contradict_it(name: str) -> None:
    try:
        engine = find_engine(name)
    except EngineNotFound as error:
        pytest.skip(str(error))
    assert counts(lu_tree(), engine) == (3, 0, 0)
    for cert in (triangular_full_space(), rank_one_variety(), rank_two_of_rows()):
        confirmed, _, contradicted = counts(cert, engine)
        assert not contradicted
        assert confirmed or name == "qepcad"


def test_an_engine_denies_a_wrong_solution() -> None:
    """A leaf's question is about the factors that are given there: others are denied."""
    try:
        engine = find_engine("z3")
    except EngineNotFound as error:
        pytest.skip(str(error))
    from dataclasses import replace

    question = next(q for q in statements(triangular_full_space()) if "solution" in q.statement)
    assert isinstance(question.asked, System)
    kept = tuple(p for p in question.asked.equations if not any(v[0] == "x" for m in p for v, _ in m))
    assert len(kept) < len(question.asked.equations)
    found = engine.satisfy(sentence_of(replace(question.asked, equations=kept)).body, LIMITS)  # type: ignore[attr-defined]
    assert found.value is not False


def run(tmp_path: Path, cert: Mapping[str, Any], *options: str) -> Any:
    path = tmp_path / "c.json"
    path.write_text(json.dumps(cert))
    return CliRunner().invoke(app, ["verify", str(path), *options])


def test_verify_counts_second_opinions(tmp_path: Path) -> None:
    try:
        find_engine("z3")
    except EngineNotFound as error:
        pytest.skip(str(error))
    result = run(tmp_path, lu_tree(), "--second", "z3", "--format", "json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["result"]) == (0, "verified")
    assert (report["confirmed"], report["open"], report["contradicted"]) == (3, 0, 0)
    shown = run(tmp_path, lu_tree(), "--second", "z3")
    assert "second opinion of z3 on what it shows: 3 confirmed, 0 open, 0 contradicted" in shown.stdout


def test_a_contradiction_is_told_in_words_and_has_status_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qeclose.engine import registry

    monkeypatch.setattr(registry, "find_engine", lambda name, paths=None: Fake(name, True))
    result = run(tmp_path, lu_tree(), "--second", "z3")
    assert result.exit_code == 4
    assert result.stdout.startswith("contradicted: ill-posed\n")
    assert "0 confirmed, 0 open, 3 contradicted" in result.stdout
    assert "  proof.refutation: A is not in E: contradicted\n    z3 9: says otherwise\n" in result.stdout


def test_engines_that_cannot_be_asked_end_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(tmp_path, lu_tree(), "--second", "z3", "--engine-path", f"z3={tmp_path / 'none'}")
    assert result.exit_code == 4
    assert run(tmp_path, lu_tree(), "--second", "sage").exit_code == 2


def test_missing_entries_are_not_asked_about() -> None:
    """Of LU without its last entry: A is the 2×2 exchange, which no LU product is at the other three entries."""
    cert = lu_tree()
    cert["mask"] = {**cert["mask"], "missing": ["00", "01"]}
    (whole, *_) = statements(cert)
    assert whole.statement == "A is not in E"
    assert isinstance(whole.asked, System)
    (all_of_it, *_) = statements(lu_tree())
    assert isinstance(all_of_it.asked, System)
    assert len(whole.asked.equations) == len(all_of_it.asked.equations) - 1 == 3
