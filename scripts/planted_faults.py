#!/usr/bin/env python3
"""Plant faults into copies of qeclose, one at a time, and see what catches each, and when.

    python scripts/planted_faults.py [--by tests] [--seconds 60] [--only WORD] [--json FILE]

A fault is a piece of the source replaced by a wrong one. ``--by tests`` gives the copy to the tests that are named beside
the fault; ``--by campaign`` to ``scripts/campaign.py --seconds S``, which catches it if it finds a disagreement (a search
that makes a certificate which the checker refuses is one: the verdict is then never wrong, only missing). A copy
without any fault must pass. Exit status 1 if a fault is not caught, or one can no longer be planted.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Planted:
    """``old`` in ``file`` becomes ``new``; ``tests`` are the files, below ``tests``, that should catch it.

    ``by_campaign``: the campaign should catch it too.
    """

    room: str
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    by_campaign: bool = False


FAULTS = (
    Planted(
        "presolve", "one twin too many is dropped", "presolve/twins.py",
        "TwinCapping(side, tuple(lines[: sizes[first]]), tuple(lines[sizes[first] :]))",
        "TwinCapping(side, tuple(lines[: sizes[first] - 1]), tuple(lines[sizes[first] - 1 :]))",
        ("presolve", "certify/test_two_terms_certified.py"), by_campaign=True,
    ),
    Planted(
        "presolve", "a term is dropped if its first row is covered", "presolve/empty.py",
        "if not any(term.columns & ~problem.free.get(i, 0) for i in bits(term.rows))",
        "if not any(term.columns & ~problem.free.get(i, 0) for i in list(bits(term.rows))[:1])",
        ("presolve", "certify/test_two_terms_certified.py"), by_campaign=True,
    ),
    Planted(
        "presolve", "groups that share a column fall apart", "presolve/direct_sum.py",
        "if taken & columns:", "if taken == columns:",
        ("presolve", "certify/test_two_terms_certified.py"), by_campaign=True,
    ),
    Planted(
        "presolve", "components that touch stay apart", "presolve/splitting.py",
        "if group.columns & columns:", "if group.columns == columns:",
        ("presolve", "certify/test_two_terms_certified.py"), by_campaign=True,
    ),
    Planted(
        "search", "limits of curves are divided by a power of t too few", "certify/frontier/limits.py",
        "[_shift(entry, -order) for entry in self.entries], [_shift(c, -order) for c in self.combination]",
        "[_shift(entry, -order) for entry in self.entries], [_shift(c, 1 - order) for c in self.combination]",
        ("certify/test_certify_soundness.py", "certify/test_refuted_systems.py"), by_campaign=True,
    ),
    Planted(
        "search", "a refutation leaves an equation out", "certify/refute/elimination.py",
        "used = sorted(e for e in equations_used(tree) if e < len(self.positions))",
        "used = sorted(e for e in equations_used(tree) if e < len(self.positions))[1:]",
        ("certify/test_certify_soundness.py", "certify/test_refuted_systems.py"), by_campaign=True,
    ),
    Planted(
        "readers", "JT is read as J", "files/sections.py",
        "section.mask.transpose() if section.label == \"J\"", "section.mask.transpose() if section.label in (\"J\", \"JT\")",
        ("files", "support/test_mask_files.py"), by_campaign=True,
    ),
    Planted(
        "readers", "the last entry of a row of numbers is lost", "files/tokens.py",
        "enumerate(row) if is_nonzero(word.text))", "enumerate(row[:-1]) if is_nonzero(word.text))",
        ("files", "support/test_mask_files.py"), by_campaign=True,
    ),
    Planted(
        "readers", "rows of Matrix Market count from 0", "files/matrix_market.py",
        "rows, columns = rows - 1, columns - 1", "rows, columns = rows % size.m, columns - 1",
        ("files", "support/test_mask_files.py"), by_campaign=True,
    ),
    Planted(
        "cache", "the key forgets the masks", "batch/store/cache.py",
        "(digest(canonical) + _depends_on(__version__, options, engines)).encode()",
        "_depends_on(__version__, options, engines).encode()",
        ("batch/test_cache.py", "batch/test_canonical_form.py"), by_campaign=True,
    ),
    Planted(
        "cache", "what was decided of the canonical mask is moved back the wrong way", "batch/run.py",
        "return form.support, form.backward", "return form.support, form.backward.inverse()",
        ("batch/test_running.py", "batch/test_moved_texts.py"), by_campaign=True,
    ),
    Planted(
        "presolve", "what is not observed is asked all the same", "problem/problem.py",
        "for k, term in enumerate(support.terms)}, support.free)", "for k, term in enumerate(support.terms)}, {})",
        ("completion",), by_campaign=True,
    ),
    Planted(
        "search", "a curve lifted through a matching keeps its sign", "presolve/absorption.py",
        "_solve_linear(matrix, [scale(curve.product(after, i, j), -1) for i in matched])",
        "_solve_linear(matrix, [scale(curve.product(after, i, j), 1) for i in matched])",
        ("presolve",), by_campaign=True,
    ),
    Planted(
        "table", "an entry is matched the wrong way around", "table/matching.py",
        "if entry.closed else contains(view, pair, rank)", "if not entry.closed else contains(view, pair, rank)",
        ("certify/test_table.py",), by_campaign=True,
    ),
    Planted(
        "table", "a transposed match is taken for one that is not", "table/matching.py",
        "return Match(entry, order, turned)", "return Match(entry, order, False)",
        ("certify/test_table.py",), by_campaign=True,
    ),
    Planted(
        "checker", "a term that is not empty may be dropped", "checker/reduction.py",
        "if asked := work.asked_in(work.terms[id_]):", "if (asked := work.asked_in(work.terms[id_])) and len(asked) > 1:",
        ("checker/test_well_posed_rules.py",),
    ),
    Planted(
        "checker", "one line fewer than terms may be kept", "checker/reduction.py",
        "if kept.bit_count() < terms.bit_count():", "if kept.bit_count() < terms.bit_count() - 1:",
        ("checker/test_well_posed_rules.py",),
    ),
    Planted(
        "checker", "lines with other free positions are twins", "checker/reduction.py",
        "if work.free[side].get(line, 0) & reach != free:", "if work.free[side].get(line, 0) & reach & free != free:",
        ("checker/test_well_posed_rules.py",),
    ),
    Planted(
        "checker", "a term is matched to two lines", "checker/reduction.py",
        "    distinct(used, path)\n    return lines(crossing", "    return lines(crossing",
        ("checker/test_well_posed_rules.py",),
    ),
    Planted(
        "checker", "a cover may have a line more than there are terms", "checker/reduction.py",
        "cover[COLUMN].bit_count() > size:", "cover[COLUMN].bit_count() > size + 1:",
        ("checker/test_well_posed_rules.py",),
    ),
    Planted(
        "checker", "parts of a term may share a column", "checker/reduction.py",
        "if part[side] & seen[side]:", "if side == ROW and part[side] & seen[side]:",
        ("checker/test_well_posed_rules.py",),
    ),
    Planted(
        "checker", "blocks may share a position", "checker/reduction.py",
        "if common := columns & taken.get(i, 0):", "if (common := columns & taken.get(i, 0)) == columns != 0 and i < 0:",
        ("checker/test_well_posed_rules.py",),
    ),
    Planted(
        "checker", "a curve may leave the supports", "checker/curve.py",
        "if mask[i][k] != \"1\":", "if mask[i][k] not in \"01\":",
        ("checker/test_curve_certificates.py",),
    ),
    Planted(
        "checker", "a limit may have a pole of first order", "checker/curve.py",
        "if lowest < 0:", "if lowest < -1:",
        ("checker/test_curve_certificates.py",),
    ),
    Planted(
        "checker", "a curve is believed at entries that are not observed", "checker/curve.py",
        "    require_observed(matrix, missing, path / \"point\")\n    _check_limit(", "    _check_limit(",
        ("checker/test_curve_certificates.py", "completion"),
    ),
    Planted(
        "checker", "a square may have the coefficient 0", "checker/tree.py",
        "if c <= 0:", "if c < 0:",
        ("checker/test_proof_trees.py", "checker/test_tree_moves.py"),
    ),
    Planted(
        "checker", "a sum of squares need not have one that is nonzero", "checker/tree.py",
        "    if not nonzero:\n", "    if nonzero is None:\n",
        ("checker/test_proof_trees.py", "checker/test_tree_moves.py"),
    ),
    Planted(
        "checker", "an equation is solved by dividing by what may be zero", "checker/tree.py",
        "if not is_unit(parts[1], state.units):", "if not parts[1]:",
        ("checker/test_proof_trees.py", "checker/test_tree_moves.py"),
    ),
    Planted(
        "checker", "a variable that may be zero is scaled to 1", "checker/tree.py",
        "if not is_unit(as_variable(v), state.units):", "if not as_variable(v):",
        ("checker/test_proof_trees.py", "checker/test_tree_moves.py"),
    ),
    Planted(
        "gate", "a certificate of the other verdict passes", "decide/gate.py",
        "if verification.claim != verdict:", "if not verification.claim:",
        ("decide/test_gate.py",),
    ),
    Planted(
        "readers", "a number with a minus and no other digit than 0 is inside", "files/numbers.py",
        "match[1].strip(\"0.\") != \"\"", "number.strip(\"0.\") != \"\"",
        ("files", "support"), by_campaign=True,
    ),
    Planted(
        "relabelling", "missing entries stay where they are", "support/relabelling.py",
        "return moved.transpose() if self.reversed else moved", "return mask.transpose() if self.reversed else mask",
        ("completion", "proof", "batch/test_canonical_form.py"),
    ),
    Planted(
        "relabelling", "the lines of a moved proof keep their side", "proof/moving.py",
        "return Lines(columns, rows) if self.turned else Lines(rows, columns)", "return Lines(rows, columns)",
        ("proof", "batch/test_canonical_form.py"),
    ),
    Planted(
        "relabelling", "a moved position is not transposed", "proof/moving.py",
        "return (right, left) if self.turned else (left, right)", "return (left, right)",
        ("proof", "batch/test_canonical_form.py"),
    ),
    Planted(
        "formulas", "the negation of < is >", "formula/language.py",
        "Relation.LT: Relation.GE", "Relation.LT: Relation.GT",
        ("formula",),
    ),
    Planted(
        "printers", "SMT-LIB: a summand that moves to the other side keeps its minus", "formula/printers/smtlib.py",
        "_polynomial_term(-summand if negative else summand, names)", "_polynomial_term(summand, names)",
        ("formula",),
    ),
    Planted(
        "printers", "SMT-LIB: a power has one factor too few", "formula/printers/smtlib.py",
        "[_polynomial_term(base, names)] * int(exponent)", "[_polynomial_term(base, names)] * (int(exponent) - 1)",
        ("formula",),
    ),
    Planted(
        "printers", "Redlog: <> is written =", "formula/printers/redlog.py",
        "infix_atom({Relation.NE: \"<>\"})", "infix_atom({Relation.NE: \"=\"})",
        ("formula",),
    ),
    Planted(
        "parsers", "models: a minus is dropped", "formula/parsers/smtlib.py",
        "return -_fraction(argument, decimals_are_exact)", "return _fraction(argument, decimals_are_exact)",
        ("formula", "engine/test_models_and_witnesses.py"),
    ),
    Planted(
        "parsers", "models: a decimal of six digits is taken for the value", "formula/parsers/smtlib.py",
        "if not decimals_are_exact and not _INTEGRAL.fullmatch(term):", "if not term:",
        ("formula", "engine/test_models_and_witnesses.py"),
    ),
    Planted(
        "parsers", "QEPCAD: ==> and <== are exchanged", "formula/parsers/qepcad.py",
        "\"==>\": \"impl\", \"<==\": \"repl\"", "\"==>\": \"repl\", \"<==\": \"impl\"",
        ("formula",),
    ),
    Planted(
        "engines", "Redlog: of two answers the first counts", "engine/redlog.py",
        "        if answer.several:\n", "        if answer.several is None:\n",
        ("engine/test_redlog_engine.py", "engine/test_several_answers.py"),
    ),
    Planted(
        "cache", "an entry is believed without its certificate", "batch/store/cache.py",
        "    require(certificate, canonical, result[\"verdict\"], ask=ask)\n", "",
        ("batch/test_cache.py",),
    ),
    Planted(
        "cache", "the key forgets the options", "batch/store/cache.py",
        "json.dumps([_FORMAT, version, options.decisive(), engines])", "json.dumps([_FORMAT, version, engines])",
        ("batch/test_cache.py",),
    ),
    Planted(
        "locate", "one term too few is counted in a rank condition", "location/outside.py",
        "met = sum(1 for one, other in support.terms if one & rows and other & columns)",
        "met = sum(1 for one, other in support.terms[1:] if one & rows and other & columns)",
        ("location",), by_campaign=True,
    ),
    Planted(
        "fit", "the loss counts entries that are not observed", "fitting/local/target.py",
        "return float(np.square((self.A - reduce(times, factors))[self.observed]).sum())",
        "return float(np.square(self.A - reduce(times, factors)).sum())",
        ("fitting",),
    ),
)  # fmt: skip


@contextmanager
def copy_with(fault: Planted | None) -> Iterator[Path | None]:
    """A copy of what the tests and the campaign need, with the fault in it; None if it can no longer be planted."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder)
        for part in ("qeclose", "scripts", "tests", "supports", "docs"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", "_build"))
        for file in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
            shutil.copy(ROOT / file, copy / file)
        if fault is not None:
            path = copy / "qeclose" / fault.file
            text = path.read_text("utf-8")
            if text.count(fault.old) != 1:
                yield None
                return
            path.write_text(text.replace(fault.old, fault.new), "utf-8")
        yield copy


def failing_test(copy: Path, tests: tuple[str, ...]) -> str:
    """The first test that fails on the copy, and the error; empty if none does."""
    words = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=line"]
    ended = subprocess.run(
        [*words, *(f"tests/{test}" for test in tests)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ended.returncode == 0:
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.MULTILINE)
    return found[1].removeprefix("tests/").partition("[")[0] if found else ended.stdout[-150:].strip()


def disagreement(copy: Path, seconds: float, seed: int) -> str:
    """The part of the campaign that finds the first disagreement on the copy, and which; empty if none is found."""
    report = copy / "campaign.json"
    words = [sys.executable, "scripts/campaign.py", "--seconds", str(seconds), "--seed", str(seed)]
    with subprocess.Popen(
        [*words, "--json", str(report)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as campaign:
        found: list[dict[str, Any]] = []
        while not found:
            ended = campaign.poll() is not None
            if report.exists():
                found = json.loads(report.read_text())["disagreements_found"]
            if ended:
                break
            time.sleep(0.5)
        # Its slices are processes of their own.
        with suppress(ProcessLookupError):
            os.killpg(campaign.pid, signal.SIGKILL)
    if not found:
        return ""
    first = found[0]
    trouble = first.get("traceback", "").strip().rpartition("\n")[2]
    return f"{first['part']}: {trouble.split(', of ')[0] or first['what']}"[:150]


def caught(fault: Planted | None, by: str, seconds: float = 60.0, seed: int = 1) -> dict[str, Any]:
    """What catches the fault, after how many seconds; nothing must, where there is none."""
    with copy_with(fault) as copy:
        if copy is None:
            return {"caught": False, "seconds": 0.0, "how": "the fault can no longer be planted"}
        start = time.monotonic()
        if by == "campaign":
            how = disagreement(copy, seconds, seed)
        else:
            how = failing_test(
                copy, fault.tests if fault else tuple({t: None for f in FAULTS for t in f.tests})
            )
        return {"caught": bool(how), "seconds": round(time.monotonic() - start, 1), "how": how}


@click.command(help=__doc__)
@click.option("--by", type=click.Choice(["tests", "campaign"]), default="tests", show_default=True)
@click.option(
    "--seconds", type=float, default=60.0, show_default=True, help="For the campaign on each fault."
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--only", default="", help="Only faults with this in their room or description.")
@click.option("--json", "file", type=click.Path(path_type=Path))
def command(by: str, seconds: float, seed: int, only: str, file: Path | None) -> None:
    rows, missed = [], 0
    wanted: list[Planted | None] = [
        one for one in FAULTS if only in f"{one.room}: {one.what}" and (one.by_campaign or by == "tests")
    ]
    click.echo(f"{'planted':82} {'seconds':>7}  caught by")
    for fault in [*wanted, None]:
        found = caught(fault, by, seconds, seed)
        what = f"{fault.room}: {fault.what}" if fault else "nothing"
        good = found["caught"] is (fault is not None)
        missed += not good
        click.echo(
            f"{what:82} {found['seconds']:7.1f}  {found['how'] or '-'}{'' if good else '   <-- not as wanted'}"
        )
        rows.append({"planted": what, **found})
        if file is not None:
            file.write_text(json.dumps(rows, indent=1) + "\n")
    click.echo(f"{len(wanted)} faults planted, {missed} not as wanted")
    sys.exit(bool(missed))


if __name__ == "__main__":
    command()
