"""Formulas as complete inputs, which run as they are and end."""

from __future__ import annotations

import subprocess
import sys

import pytest

import qeclose
from qeclose.engine.discovery import find_binary
from qeclose.engine.process import Program, run
from qeclose.engine.protocol import Limits
from qeclose.engine.qepcad import environment
from qeclose.errors import EngineNotFound
from qeclose.formula.builders import set_formula
from qeclose.formula.printers import PRINTERS
from qeclose.formula.printers.scripts import printed, script

RANK_ONE = qeclose.Support([[1], [1]], [[1], [1]])
FORMULA = set_formula(RANK_ONE, "e", "equations")


def answer(name: str, text: str) -> str:
    """What the real program prints, given the script on its standard input and nothing else."""
    try:
        path = find_binary(name)
    except EngineNotFound:
        pytest.skip(f"needs {name}")
    arguments = ["-in"] if name == "z3" else []
    done = subprocess.run(
        [str(path), *arguments], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout


def test_z3_runs_the_script():
    assert answer("z3", script(FORMULA, "smtlib")).split() == ["sat"]


def test_qepcad_runs_the_script():
    try:
        path = find_binary("qepcad")
    except EngineNotFound:
        pytest.skip("needs qepcad")
    program = Program("qepcad", path, ("+N4000000",), environment(path))
    output = run(program, script(FORMULA, "qepcad"), Limits(60, 2000)).output
    assert "An equivalent quantifier-free formula:" in output
    assert "The End" in output


def test_python_runs_the_sympy_script():
    text = script(FORMULA, "sympy")
    done = subprocess.run(
        [sys.executable, "-"], input=text, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("Exists(")


@pytest.mark.parametrize("syntax", PRINTERS)
def test_a_script_holds_the_formula_as_it_is_printed_alone(syntax: str):
    assert printed(FORMULA, syntax).strip("\n") in script(FORMULA, syntax)


@pytest.mark.parametrize(
    ("syntax", "ending"),
    [
        ("qepcad", "finish\n"),
        ("redlog", "quit;\n"),
        ("mathematica", "Quit[]\n"),
        ("maple", "quit\n"),
        ("smtlib", "(exit)\n"),
        ("latex", "\\end{document}\n"),
    ],
)
def test_a_script_ends_the_program(syntax: str, ending: str):
    assert script(FORMULA, syntax).endswith(ending)


def test_variables_are_put_in_the_order_asked_for():
    lines = printed(FORMULA, "qepcad", ["a22", "y21"]).splitlines()
    assert lines[1] == "(a22, a11, a12, a21, y21, x11, x21, y11)"
    assert "ex({y21, x11, x21, y11}" in printed(FORMULA, "redlog", ["y21"])


def test_another_order_of_variables_is_the_same_formula():
    first, second = printed(FORMULA, "smtlib"), printed(FORMULA, "smtlib", ["y21"])
    assert first != second
    assert sorted(first) == sorted(second)
