"""Repairs where entries of A are missing, against exhaustive search; of one term the rank-one theorem says what is closed."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qeclose import read, repair, verify
from qeclose.cli.app import app
from qeclose.repairs import Change, Repair
from qeclose.support import Support

MODES = ("any", "add", "remove")
Term = tuple[int, int]


def rank_one_is_closed(term: Term, missing: list[list[int]]) -> bool:
    """docs/completion.md, theorem 1: rows that share an observed column of the rectangle are observed in the same columns."""
    rows, columns = term
    m, n = len(missing), len(missing[0])
    seen = [
        {j for j in range(n) if columns >> j & 1 and not missing[i][j]} for i in range(m) if rows >> i & 1
    ]
    return all(one == other for one, other in itertools.combinations(seen, 2) if one & other)


def distance(one: Term, other: Term, mode: str) -> float:
    changes = [(now & ~then, then & ~now) for now, then in zip(one, other, strict=True)]
    if any((mode == "add" and gone) or (mode == "remove" and come) for gone, come in changes):
        return float("inf")
    return sum((gone | come).bit_count() for gone, come in changes)


def keeps(term: Term, start: Term) -> bool:
    if not all(start):
        return True
    return not start[0] & ~term[0] and not start[1] & ~term[1]


def after(support: Support, changes: tuple[Change, ...]) -> Support:
    factors = {"I": support.I.to_lists(), "J": support.J.to_lists()}
    for change in changes:
        assert factors[change.factor][change.row][change.term] == (not change.added)
        factors[change.factor][change.row][change.term] = int(change.added)
    return Support(factors["I"], factors["J"], missing=support.missing)


def require_right(found: Repair, goals: dict[Term, float]) -> None:
    least = min(goals.values())
    assert found.minimal and len(found.changes) == least
    assert after(found.support, found.changes) == found.repaired
    assert found.certificate is not None
    accepted = verify(found.certificate, found.repaired)
    assert accepted.claim == "well-posed"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(4))
def test_no_repair_of_one_term_is_smaller(mode: str, seed: int) -> None:
    rng = random.Random(f"{mode} {seed}")
    m, n = rng.choice([(2, 2), (2, 3), (3, 3)])
    while True:
        missing = [[int(rng.random() < 0.3) for _ in range(n)] for _ in range(m)]
        start = rng.randrange(1 << m), rng.randrange(1 << n)
        if not rank_one_is_closed(start, missing):
            break
    everything = list(itertools.product(range(1 << m), range(1 << n)))
    near = {term: distance(start, term, mode) for term in everything if rank_one_is_closed(term, missing)}
    support = Support.of_terms(m, n, [start], missing=missing)
    found = repair(support, mode=mode, keep_reachable=False, timeout=60)  # type: ignore[arg-type]
    if min(near.values()) == float("inf"):
        assert mode == "add" and found.impossible and found.repaired is None and found.certificate is None
    else:
        assert not found.impossible
        require_right(found, near)
    keeping = {term: cost for term, cost in near.items() if keeps(term, start)}
    kept = repair(support, mode=mode, timeout=60)  # type: ignore[arg-type]
    if min(keeping.values(), default=float("inf")) < float("inf"):
        require_right(kept, keeping)
        assert kept.keeps and not kept.unreachable
    else:
        assert kept.impossible or (not kept.keeps and kept.unreachable)


def test_missing_entries_stay_what_they_are() -> None:
    """An entry can be observed by no change of I and J."""
    support = Support([[1], [1]], [[1], [1]], missing=["00", "01"])
    found = repair(support, timeout=60)
    assert found.repaired is not None and found.repaired.missing == support.missing
    assert len(found.changes) == 1 and found.unreachable
    # Two terms are as many as there are rows: nothing to repair, whatever is missing.
    assert repair(Support([[1, 1]] * 2, [[1, 1]] * 2, missing=["00", "01"]), timeout=60).changes == ()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_command_writes_the_mask_with_its_missing_entries(tmp_path: Path) -> None:
    file, repaired, proof = (str(tmp_path / name) for name in ("ratings.txt", "repaired.txt", "proof.json"))
    Path(file).write_text("I:\n11\n11\n11\nJT:\n1111\n1111\nW:\n...?\n....\n....\n")
    done = run("repair", file, "-o", repaired, "--certificate", proof, "--format", "json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["missing"], told["minimal"], told["impossible"], len(told["changes"])) == (1, True, False, 2)
    (written,) = read(repaired)
    assert written.missing is not None and written.missing.to_strings() == ["0001", "0000", "0000"]
    assert run("verify", proof, repaired).exit_code == 0
    # The certificate is about these missing entries, and the mask that was not repaired is not its mask.
    assert run("verify", proof, file).exit_code == 1
    assert run("check", repaired, "--expect", "well-posed", "--method", "certify").exit_code == 0


def test_that_additions_alone_cannot_do_it_is_proved(tmp_path: Path) -> None:
    file = tmp_path / "path.txt"
    file.write_text("I:\n1\n1\nJ:\n1\n1\nW:\n..\n.?\n")
    done = run("repair", "--add-only", str(file))
    assert done.exit_code == 1
    assert "there is none by additions alone" in done.stdout
    assert json.loads(run("repair", "--add-only", str(file), "--format", "json").stdout)["impossible"] is True
