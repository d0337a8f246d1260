"""Missing entries of A (section W) are part of the question everywhere: heeded, or refused in one sentence; never passed over."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import qeclose
from qeclose.batch.workers.task import Task
from qeclose.cli.app import app
from qeclose.errors import CertificateError, NotAMask, UsageError
from qeclose.files import format_support, read_supports, write_npz
from qeclose.formula.builders import entries, set_formula
from qeclose.formula.encodings import ENCODINGS, encoded_sentence
from qeclose.formula.symbols import all_symbols
from qeclose.networks.biases import Biases
from qeclose.networks.image import image, image_pieces
from qeclose.networks.training import judge
from qeclose.proof.certificate import relabel
from qeclose.support import Support
from qeclose.support.bounded import BoundedSupport, Bounds
from qeclose.support.canonical import canonical_form, digest
from qeclose.support.relabelling import Relabelling

ONES = [[1], [1]]
PATH = Support(ONES, ONES, missing=["01", "00"])
"""Rank one, and the observed entries are a path: ill-posed. With all observed it is well-posed."""
COLUMN = Support(ONES, ONES, missing=["01", "01"])
ALL = Support(ONES, ONES)


def masks(rows: int, columns: int) -> st.SearchStrategy[list[list[int]]]:
    return st.lists(
        st.lists(st.integers(0, 1), min_size=columns, max_size=columns), min_size=rows, max_size=rows
    )


@st.composite
def supports(draw: st.DrawFn, most: int = 3) -> Support:
    m, n, r = (draw(st.integers(1, most)) for _ in "mnr")
    return Support(draw(masks(m, r)), draw(masks(n, r)), missing=draw(masks(m, n)))


def certified(support: Support) -> Any:
    return qeclose.check(support, method="certify", timeout=30)


# The value


def test_missing_entries_tell_supports_apart() -> None:
    assert len({PATH, COLUMN, ALL}) == 3
    assert len({digest(PATH), digest(COLUMN), digest(ALL)}) == 3
    assert Support(np.ones((2, 1)), ONES, missing=np.array([[False, True], [False, False]]), name="x") == PATH
    assert pickle.loads(pickle.dumps(PATH)) == PATH == copy.deepcopy(PATH)  # noqa: S301
    assert PATH.labelled(name="a", source="b") == PATH
    assert Support.of_terms(2, 2, PATH.terms, missing=PATH.missing) == PATH
    assert repr(PATH) == "<Support 2×1×2, nonzeros 2+2, 1 missing>"


def test_nothing_missing_is_the_same_as_no_w() -> None:
    none = Support(ONES, ONES, missing=np.zeros((2, 2)))
    assert none == ALL and none.missing is None and digest(none) == digest(ALL) and repr(none) == repr(ALL)
    assert format_support(none) == format_support(ALL)
    told = [certified(s).to_json() | {"seconds": 0} for s in (none, ALL)]
    assert json.dumps(told[0]) == json.dumps(told[1]) and "missing" not in json.dumps(told[0])


def test_a_w_that_is_no_mask_of_a_is_refused() -> None:
    with pytest.raises(ValueError, match="missing is 1x2 but A is 2x2"):
        Support(ONES, ONES, missing=["01"])
    with pytest.raises(NotAMask):
        Support(ONES, ONES, missing="01")
    with pytest.raises(ValueError, match="two factors only"):
        Support.of_factors([["1"], ["1"], ["1"]], missing=["1"])
    assert Support.of_factors([["1"], ["1"], ["1"]], missing=["0"]).missing is None


@given(supports())
def test_text_and_arrays_hold_missing_entries(support: Support) -> None:
    assert Support.parse(format_support(support)) == support


def test_npz_holds_missing_entries(tmp_path: Path) -> None:
    path = str(tmp_path / "f.npz")
    write_npz(path, [PATH.labelled(name="a", source=""), ALL.labelled(name="b", source="")])
    assert read_supports(path) == [PATH, ALL]


# Relabelling, and what is remembered


@given(supports(), st.randoms(use_true_random=False), st.booleans())
def test_missing_entries_move_with_their_lines(support: Support, rng: Any, turned: bool) -> None:
    widths = (support.shape[0], *support.inner, support.shape[1])
    move = Relabelling(tuple(tuple(rng.sample(range(w), w)) for w in widths), turned)
    moved = move.support(support)
    assert moved.shape == (support.shape[::-1] if turned else support.shape)
    for i in range(support.shape[0]):
        for j in range(support.shape[1]):
            place = move.layers[0][i], move.layers[-1][j]
            inside = moved.missing is not None and (place[::-1] if turned else place) in moved.missing
            assert inside == (support.missing is not None and (i, j) in support.missing)
    assert move.inverse().support(moved) == support
    form, other = canonical_form(support), canonical_form(moved)
    assert form.support == other.support == form.forward.support(support)
    assert form.backward.support(form.support) == support


@given(supports(), supports())
def test_a_canonical_form_keeps_different_missing_entries_apart(one: Support, other: Support) -> None:
    """With as many entries missing or not, supports that have one form are decided together."""
    if canonical_form(one).support == canonical_form(other).support:
        counts = [0 if s.missing is None else s.missing.nnz for s in (one, other)]
        assert counts[0] == counts[1]


def test_a_task_of_batch_carries_missing_entries() -> None:
    from qeclose.decide.options import Options

    for support in (PATH, ALL):
        task = Task(1, support, Options())
        assert Task.of_json(json.loads(json.dumps(task.to_json()))).support == support


def test_batch_and_its_cache_tell_missing_entries_apart(tmp_path: Path) -> None:
    files = {
        "path": PATH,
        "all": ALL,
        "column": COLUMN,
        "again": Relabelling(((1, 0), (0,), (1, 0))).support(PATH),
    }
    for name, support in files.items():
        (tmp_path / f"{name}.txt").write_text(format_support(support))
    expected = {"path": "ill-posed", "all": "well-posed", "column": "well-posed", "again": "ill-posed"}
    for run in range(2):
        out = tmp_path / f"{run}.jsonl"
        arguments = [
            "batch",
            str(tmp_path),
            "--jsonl",
            str(out),
            "--cache",
            str(tmp_path / "cache"),
            "--jobs",
            "1",
        ]
        done = CliRunner().invoke(app, [*arguments, "--method", "certify"])
        assert done.exit_code == 1, done.output
        records = [json.loads(line) for line in out.read_text().splitlines()]
        assert {r["name"]: r["verdict"] for r in records} == expected
        assert {r["name"]: r.get("missing", 0) for r in records} == {
            "path": 1,
            "all": 0,
            "column": 2,
            "again": 1,
        }
        for r in records:
            assert qeclose.verify(r["certificate"], files[r["name"]]).claim == r["verdict"]


# Certificates are about I, J and W


def test_a_certificate_is_not_about_other_missing_entries() -> None:
    supports_ = (PATH, COLUMN, ALL)
    certificates = [certified(s).certificate for s in supports_]
    for support, certificate in zip(supports_, certificates, strict=True):
        assert qeclose.verify(certificate, support).complete
        for other in supports_:
            if other is not support:
                with pytest.raises(CertificateError, match=r"mask\.missing"):
                    qeclose.verify(certificate, other)


def test_a_certificate_about_a_part_names_the_missing_entries_of_the_part() -> None:
    wide = Support([[1]] * 6, [[1]] * 6, missing=["010000", *["000000"] * 5])
    certificate = certified(wide).certificate
    assert "part_of" in certificate and qeclose.verify(certificate, wide).claim == "ill-posed"
    elsewhere = Support([[1]] * 6, [[1]] * 6, missing=[*["000000"] * 5, "010000"])
    for other in (elsewhere, Support([[1]] * 6, [[1]] * 6)):
        with pytest.raises(CertificateError, match="missing in the file"):
            qeclose.verify(certificate, other)


def altered(certificate: Any, **mask: Any) -> Any:
    return {**certificate, "mask": {**certificate["mask"], **mask}}


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (["00", "00"], "left out unless an entry is missing"),
        (["01"], "a list of 2 entries"),
        (["01", "0"], "a row of 2 times 0 or 1"),
        (["01", "02"], "a row of 2 times 0 or 1"),
        (["10", "00"], "is not observed"),
        ("01", "a list"),
        (None, "a list"),
    ],
)
def test_the_checker_reads_missing_entries_strictly(missing: Any, said: str) -> None:
    certificate = certified(PATH).certificate
    with pytest.raises(CertificateError, match=said):
        qeclose.verify(altered(certificate, missing=missing))


def test_a_proof_for_missing_entries_is_none_for_observed_ones() -> None:
    certificate = json.loads(json.dumps(certified(PATH).certificate))
    del certificate["mask"]["missing"]
    with pytest.raises(CertificateError):
        qeclose.verify(certificate)
    closed = json.loads(json.dumps(certified(COLUMN).certificate))
    with pytest.raises(CertificateError):
        qeclose.verify(altered(closed, missing=["01", "00"]))


def test_claims_about_training_take_every_entry_as_observed() -> None:
    certificate = certified(PATH).certificate
    with pytest.raises(CertificateError, match="every entry of A as observed"):
        qeclose.verify({**certificate, "claim": "training-ill-posed"})


@given(supports(2), st.randoms(use_true_random=False), st.booleans())
def test_certificates_move_with_their_masks(support: Support, rng: Any, turned: bool) -> None:
    verdict = certified(support)
    widths = (support.shape[0], *support.inner, support.shape[1])
    move = Relabelling(tuple(tuple(rng.sample(range(w), w)) for w in widths), turned)
    moved = relabel(verdict.certificate, move)
    assert qeclose.verify(moved, move.support(support)).claim == verdict.verdict


def test_a_witness_shows_what_is_not_observed() -> None:
    verdict = certified(PATH)
    assert verdict.witness.A[0][1] == "?" and "? is not observed" in verdict.report()
    assert "W" in verdict.report().splitlines()[2] and "1 of 4 entries missing" in verdict.report()
    again = type(verdict.witness).of_certificate(verdict.certificate)
    assert again == verdict.witness


# Formulas leave missing entries out


def test_formulas_do_not_speak_of_missing_entries() -> None:
    assert [s.name for s in entries(PATH).values()] == ["a11", "a21", "a22"]
    for which in ("e", "complement", "closure", "frontier", "sentence"):
        assert "a12" not in {s.name for s in all_symbols(set_formula(PATH, which))}
    for encoding in ENCODINGS.values():
        assert "a12" not in {s.name for s in all_symbols(encoded_sentence(PATH, encoding))}


@pytest.mark.parametrize("name", ENCODINGS)
def test_formulas_with_nothing_observed_can_be_written(name: str) -> None:
    nothing = Support(ONES, ONES, missing=["11", "11"])
    assert not entries(nothing)
    encoded_sentence(nothing, ENCODINGS[name])
    assert certified(nothing).verdict == "well-posed"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "path.txt"
    path.write_text(format_support(PATH))
    return str(path)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_commands_that_heed_missing_entries(file: str, tmp_path: Path) -> None:
    certificate = str(tmp_path / "c.json")
    assert run("check", file, "--method", "certify", "--certificate", certificate).exit_code == 1
    assert run("verify", certificate, file).exit_code == 0
    told = json.loads(run("check", file, "--method", "certify", "--format", "json").stdout)
    assert (told["verdict"], told["missing"], told["witness"]["A"][0][1]) == ("ill-posed", 1, "?")
    for syntax in ("qepcad", "redlog", "smtlib", "latex", "sympy"):
        text = run("emit", file, "--set", "e", "--syntax", syntax).stdout
        assert text and "a12" not in text and "a_{12}" not in text
    eliminated = run("eliminate", file)
    assert eliminated.exit_code == 0 and "a11" in eliminated.stdout and "a12" not in eliminated.stdout


@pytest.mark.parametrize("command", ["relu"])
def test_commands_that_refuse_missing_entries(command: str, file: str) -> None:
    done = run(command, file)
    assert (
        done.exit_code == 2 and "section W" in done.stderr and "every entry of A as observed" in done.stderr
    )


def test_an_explanation_names_an_obstruction_with_its_missing_entry() -> None:
    """Rank one: a row too many and a column too many are left out of the path of three observed entries."""
    support = Support([[1]] * 3, [[1]] * 3, missing=[[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    found = qeclose.explain(support, timeout=60)
    (explained,) = found.obstructions
    place, witness = explained.place, explained.witness
    assert (len(place.rows), len(place.columns), place.terms) == (2, 2, (0,))
    assert 1 in place.rows and 1 in place.columns and not found.complete
    assert witness is not None and witness.rows == place.rows and witness.columns == place.columns
    assert sum(row.count("?") for row in witness.A) == 1
    assert "others are not looked for" in found.report()
    assert qeclose.explain(COLUMN, timeout=60).obstructions == ()


@pytest.mark.parametrize("last", [True, False])
def test_bounds_with_missing_entries_are_refused_where_these_stand(last: bool, tmp_path: Path) -> None:
    bounds, holes = "I: rows=2 cols=1 nnz<=2\nJ:\n1\n1\n", "W: # not observed\n01\n00\n"
    (tmp_path / "b.txt").write_text(f"# both\n{bounds}{holes}" if last else f"# both\n{holes}{bounds}")
    for command in ("check", "repair", "batch"):
        done = run(command, str(tmp_path / "b.txt"))
        assert done.exit_code == 2 and "Traceback" not in done.output
        assert f"b.txt:{6 if last else 2}:1: bounds (nnz<=…) and section W" in done.output


def test_functions_that_refuse_missing_entries() -> None:
    closure = certified(ALL)
    calls = [
        lambda: qeclose.relu(PATH),
        lambda: judge(PATH, closure, Biases.parse("all", "all", (1, 2))),
        lambda: image(PATH, [[1, 1]]),
        lambda: list(image_pieces(PATH, [[1, 1]])),
    ]
    for call in calls:
        with pytest.raises(UsageError, match="every entry of A as observed"):
            call()
    with pytest.raises(NotAMask, match="every entry of A is observed"):
        BoundedSupport(PATH, Bounds(), Bounds(1))


def test_bounds_and_missing_entries_do_not_go_together(tmp_path: Path) -> None:
    path = tmp_path / "b.txt"
    path.write_text("I: rows=2 cols=1 nnz<=1\nJ:\n1\n1\nW:\n01\n00\n")
    done = run("check", str(path))
    assert done.exit_code == 2 and "section W" in done.stderr
