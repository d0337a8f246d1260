#!/usr/bin/env python3
"""Write closedness sentences as a family of SMT-LIB 2.6 benchmarks, one file a support and question.

    python scripts/smtlib_family.py FOLDER supports/lu-*.txt supports/full-*.txt
    python scripts/smtlib_family.py FOLDER supports/lu-2.txt --encoding zeros --encoding published --check z3

Each file asks whether E(support) is *not* closed: sat is ill-posed, unsat is well-posed. ``:status`` is what a certificate
proves that the independent checker accepted; a support without one is left out, and said so. There are two kinds of
questions: the sentence ∃A (A ∈ cl E ∧ A ∉ E) in each encoding asked for, and the same of E's quantifier-free description,
with A's entries alone as variables (``-description``). ``--check PROGRAM`` puts every file to a solver for two seconds and
reports what it does not read, or answers against the status.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import qeclose
from qeclose.checker import verify
from qeclose.decide.linear_description import linear_description
from qeclose.decide.method import Question
from qeclose.formula.builders import frontier_sentence_of
from qeclose.formula.encodings import ENCODINGS, encoded_sentence
from qeclose.formula.language import Formula, Truth
from qeclose.formula.operations import free_variables
from qeclose.formula.polynomials import natural_order
from qeclose.formula.printers.smtlib import to_smtlib

SOURCE = """Fixed-support matrix factorization: the problem to minimize the norm of A - X Y^T over factors with
supports {mask} has a best solution for every A if and only if the set of such
products is closed (Le, Riccietti, Gribonval, "Does a sparse ReLU network training problem always admit an optimum?",
arXiv 2306.02666). Satisfiable: the set is not closed. Question: {question}. Written by qeclose {version}."""
LICENSE = "https://creativecommons.org/licenses/by/4.0/"
STATUS = {"ill-posed": "sat", "well-posed": "unsat"}
SECONDS = 2


def questions(support: qeclose.Support, encodings: list[str]) -> Iterator[tuple[str, Formula]]:
    """What is asked, each by its name."""
    for name in encodings:
        yield name, encoded_sentence(support, ENCODINGS[name])
    found = linear_description(Question(support), 60.0)
    if found is not None and not isinstance(found.simple, Truth):
        yield "description", frontier_sentence_of(found.simple, natural_order(free_variables(found.simple)))


def proved_status(support: qeclose.Support, timeout: float) -> str | None:
    """The status that a certificate proves, which the checker accepted; None without one."""
    verdict = qeclose.check(support, method="certify", timeout=timeout)
    if verdict.certificate is None:
        return None
    verify(verdict.certificate, support)
    return STATUS[verdict.verdict]


def benchmark(formula: Formula, status: str, mask: str, question: str) -> str:
    """The text of one file, in the order of commands that the SMT-LIB collection asks for."""
    logic, *rest = to_smtlib(formula, logic="NRA").splitlines()
    source = SOURCE.format(mask=mask, question=question, version=qeclose.__version__)
    head = [
        "(set-info :smt-lib-version 2.6)",
        logic,
        f"(set-info :source |\n{source}\n|)",
        f'(set-info :license "{LICENSE}")',
        '(set-info :category "crafted")',
        f"(set-info :status {status})",
    ]
    return "\n".join([*head, *rest, "(exit)"]) + "\n"


def problem_of(path: Path, solver: str, status: str) -> str | None:
    """What is wrong with a file, as a solver sees it."""
    command = [solver, f"-T:{SECONDS}"] if Path(solver).name.startswith("z3") else [solver]
    try:
        done = subprocess.run(
            [*command, str(path)], capture_output=True, text=True, timeout=SECONDS + 5, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if "(error" in done.stdout:
        return done.stdout.strip()
    answers = re.findall(r"^(sat|unsat)$", done.stdout, re.MULTILINE)
    return f"answered {answers[0]}, status {status}" if answers and answers[0] != status else None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the files go; made if it is not there")
    parser.add_argument("masks", nargs="+", help="mask files")
    parser.add_argument(
        "--encoding", action="append", choices=sorted(ENCODINGS), help="of the sentence (repeatable)"
    )
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for each certificate (60)")
    parser.add_argument("--check", metavar="PROGRAM", help="put every file to this solver")
    options = parser.parse_args()
    encodings = options.encoding or ["published", "zeros"]
    options.folder.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for file in options.masks:
        for support in qeclose.read(file):
            if not isinstance(support, qeclose.Support):
                print(f"{file}: bounds are left out", file=sys.stderr)
                continue
            status = proved_status(support, options.timeout)
            if status is None:
                print(f"{support.name}: no certificate, so no status: left out", file=sys.stderr)
                continue
            mask = " and ".join(str(factor.to_lists()) for factor in support.factors)
            for name, formula in questions(support, encodings):
                path = options.folder / f"{support.name}-{name}.smt2"
                path.write_text(benchmark(formula, status, mask, name), encoding="ascii", errors="strict")
                problem = problem_of(path, options.check, status) if options.check else None
                wrong += problem is not None
                print(f"{path} {status}" + (f" PROBLEM: {problem}" if problem else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
