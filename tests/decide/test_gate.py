"""No verdict with a certificate leaves without the checker's yes, whichever command it is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import qeclose
from qeclose.batch.output.record import translated
from qeclose.batch.workers.task import Task, solve
from qeclose.decide.constrained import check_constrained
from qeclose.decide.gate import require
from qeclose.errors import CertificateError
from qeclose.networks import Biases, DataSet, Frontier
from qeclose.networks.files import write_dataset
from qeclose.repairs import repair
from qeclose.support.bounded import BoundedSupport
from qeclose.support.canonical import canonical_form
from qeclose.support.families import full, lu
from qeclose.support.model import Support

CHAIN = Support.of_factors([[[1, 0], [1, 1]], [[1, 1], [0, 1]], [[1, 0], [0, 1]]])
BOUNDED = BoundedSupport.parse("I: rows=2 cols=2 nnz<=1\nJ: rows=2 cols=2 nnz<=1\n")


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checker that accepts nothing."""

    def refuse(*_: Any, **__: Any) -> None:
        raise CertificateError("certificate: refused")

    monkeypatch.setattr("qeclose.checker.verify", refuse)


SUPPORTS = [lu(2), full(2, 2, 1), CHAIN]


@pytest.mark.parametrize("support", SUPPORTS)
def test_check(support: Support, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    assert qeclose.check(support, method="certify").verdict != "undecided"
    request.getfixturevalue("closed")
    verdict = qeclose.check(support, method="certify")
    assert (verdict.verdict, verdict.certificate) == ("undecided", None)
    assert "not accepted" in verdict.reason


def test_check_of_bounded_supports(request: pytest.FixtureRequest) -> None:
    assert check_constrained(BOUNDED).verdict == "well-posed"
    request.getfixturevalue("closed")
    verdict = check_constrained(BOUNDED)
    assert (verdict.verdict, verdict.certificate, verdict.status) == ("undecided", None, 4)
    assert "not accepted" in verdict.reason


def test_batch(request: pytest.FixtureRequest) -> None:
    from qeclose.decide.options import Options

    support = lu(3)
    form = canonical_form(support)
    result = solve(Task(0, form.support, Options(method="certify")))
    assert translated(result, support, form.backward)["verdict"] == "ill-posed"
    request.getfixturevalue("closed")
    said = translated(result, support, form.backward)
    assert (said["verdict"], said["certificate"], said["witness"]) == ("undecided", None, None)
    assert said["failures"]


def test_repair(closed: None) -> None:
    with pytest.raises(CertificateError):
        repair(lu(2), timeout=20)


def test_relu_data_sets(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    certificate = qeclose.check(lu(2), method="certify").certificate
    assert certificate is not None
    frontier = Frontier.from_certificate(certificate)
    assert frontier is not None
    data = DataSet.of(lu(2), frontier, Biases.every(2, 2))
    write_dataset(str(tmp_path / "good.json"), data)
    request.getfixturevalue("closed")
    with pytest.raises(CertificateError):
        write_dataset(str(tmp_path / "bad.json"), data)
    assert not (tmp_path / "bad.json").exists()


def test_the_claim_must_be_the_verdict() -> None:
    certificate = qeclose.check(lu(2), method="certify").certificate
    require(certificate, lu(2), "ill-posed")
    with pytest.raises(CertificateError, match="it says well-posed"):
        require(certificate, lu(2), "well-posed")
    with pytest.raises(CertificateError):
        require(certificate, lu(3), "ill-posed")
    with pytest.raises(CertificateError):
        require(None, lu(2), "ill-posed")


def test_nobody_but_the_gate_and_the_command_verify_asks_the_checker() -> None:
    package = Path(qeclose.__file__).parent
    asking = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if path.parent.name != "checker" and "qeclose.checker import" in path.read_text()
    }
    # What the method existential asks engines is what the checker says is open; its certificates are checked with that.
    others = {"batch/store/cache.py", "__init__.py", "decide/methods/existential.py"}
    assert asking - others == {"decide/gate.py", "cli/verify.py"}
