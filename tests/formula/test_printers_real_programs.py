"""What is printed is accepted by the programs it is printed for."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import sympy
from formula_strategies import formulas, quantifier_free
from hypothesis import given, settings

from qeclose.engine.discovery import command_of, find_binary
from qeclose.formula.builders import AtomShape, SetName, set_formula
from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, ForAll, Formula, Not, Or, Relation
from qeclose.formula.operations import is_quantifier_free
from qeclose.formula.parsers import parse_qepcad, parse_smtlib_model
from qeclose.formula.printers.latex import to_latex
from qeclose.formula.printers.qepcad import QepcadProblem, qepcad_problem
from qeclose.formula.printers.smtlib import smtlib_names, to_smtlib
from qeclose.support import Support

x, y, y_1 = sympy.symbols("x y y_1")
LU = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]])
FULL_6X6 = Support([[1] * 6] * 6, [[1] * 6] * 6)
WIDE = Support([[1]] * 3, [[1]] * 10)
CHAIN = Support.of_factors([[[1, 1]], [[1, 0], [1, 1]], [[1], [1]]])
EVERY_SET = [
    pytest.param(support, which, shape, id=f"{name}-{which}-{shape}")
    for name, support in {"lu": LU, "wide": WIDE, "chain": CHAIN, "full-6x6-r6": FULL_6X6}.items()
    for which in SetName
    for shape in AtomShape
]


def program(name: str) -> list[str]:
    """A solver installed beside this Python or on the PATH, or a package's; these are never optional."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None and name == "cvc5":
        path, first = command_of(find_binary(name))
        return [str(path), *first]
    assert found is not None, f"{name} is not installed: see the engines extra"
    return [found]


def run(command: list[str], text: str, environment: dict[str, str] | None = None) -> str:
    process = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **(environment or {})},
    )
    return process.stdout + process.stderr


def ask_qepcad(text: str) -> str:
    spec = find_spec("sage_wheels")
    assert spec is not None and spec.submodule_search_locations, (
        "the wheel passagemath-qepcad is not installed"
    )
    root = Path(spec.submodule_search_locations[0])
    return run([str(root / "bin" / "qepcad"), "-noecho", "+N8000000"], text, {"qe": str(root)})


def qepcad_answer(problem: QepcadProblem) -> Formula:
    output = ask_qepcad(f"{problem.text}finish\n")
    found = re.search(r"equivalent quantifier-free formula:\s*(.*?)\s*=====", output, re.DOTALL)
    assert found is not None, output
    return parse_qepcad(found[1], problem.names)


def assert_qepcad_reads(formula) -> None:
    # Having read its input, QEPCAD waits for a command; on anything it dislikes it asks for the same item again.
    output = ask_qepcad(f"{qepcad_problem(formula).text}quit\n")
    assert "Before Normalization >" in output
    assert output.count("Enter a") == 3
    assert "Error" not in output


@pytest.mark.slow
@pytest.mark.parametrize(("support", "which", "shape"), EVERY_SET)
def test_qepcad_reads_every_set_of_a_support(support, which, shape):
    assert_qepcad_reads(set_formula(support, which, shape))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(formulas)
def test_qepcad_reads_any_formula(formula):
    assert_qepcad_reads(formula)


@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        (TRUE, TRUE),
        (FALSE, FALSE),
        (Exists((x,), Atom(x**2 + 1, Relation.EQ)), FALSE),
        (ForAll((x,), Exists((y_1,), Atom(x / 2 - y_1 / 3, Relation.EQ))), TRUE),
        (Exists((x,), Atom(x * y_1 - 1, Relation.EQ)), Atom(y_1, Relation.NE)),
        (Exists((x,), Or((Atom(x**2 - y_1, Relation.EQ), FALSE))), Atom(y_1, Relation.GE)),
    ],
)
def test_qepcad_answers_what_was_meant(formula, answer):
    assert qepcad_answer(qepcad_problem(formula)) == answer


def test_qepcad_eliminates_and_decides_the_sets_of_small_supports():
    row = Support([[1]], [[1], [0]])
    problem = qepcad_problem(set_formula(row, SetName.E, AtomShape.EQUATIONS))
    assert qepcad_answer(problem) == Atom(sympy.Symbol("a12"), Relation.EQ)
    scalar = Support([[1]], [[1]])
    assert qepcad_answer(qepcad_problem(set_formula(scalar, SetName.SENTENCE))) == FALSE


SOLVERS = {"z3": ["-in", "-T:20"], "cvc5": ["--lang", "smt2", "--parse-only"], "yices-smt2": []}


def without_check(script: str) -> str:
    return script.replace("(check-sat)\n", "(exit)\n")


def assert_solver_reads(name: str, formula) -> None:
    assert run([*program(name), *SOLVERS[name]], without_check(to_smtlib(formula))).strip() == ""


@pytest.mark.parametrize("solver", ["z3", "cvc5"])
@pytest.mark.parametrize(("support", "which", "shape"), EVERY_SET)
def test_smt_solvers_read_every_set_of_a_support(solver, support, which, shape):
    assert_solver_reads(solver, set_formula(support, which, shape))


@pytest.mark.parametrize("shape", AtomShape)
@pytest.mark.parametrize("support", [LU, WIDE, CHAIN, FULL_6X6])
def test_yices_reads_the_quantifier_free_system_of_a_factorization(support, shape):
    membership = set_formula(support, SetName.E, shape)
    assert isinstance(membership, Exists)
    assert is_quantifier_free(membership.body)
    assert_solver_reads("yices-smt2", membership.body)


@settings(max_examples=25, deadline=None)
@given(formulas)
def test_z3_and_cvc5_read_any_formula(formula):
    assert_solver_reads("z3", formula)
    assert_solver_reads("cvc5", formula)


@settings(max_examples=25, deadline=None)
@given(quantifier_free)
def test_yices_reads_any_quantifier_free_formula(formula):
    assert_solver_reads("yices-smt2", formula)


@pytest.mark.parametrize("solver", ["z3", "cvc5", "yices-smt2"])
@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        (And((Atom(x * y_1 - 6, Relation.EQ), Atom(2 * x + 3, Relation.EQ))), "sat"),
        (And((Atom(x, Relation.GT), Atom(-x / 3, Relation.GE))), "unsat"),
        (Not(Or((Atom(x, Relation.LE), Atom(x - 1, Relation.GE)))), "sat"),
        (TRUE, "sat"),
        (FALSE, "unsat"),
    ],
)
def test_smt_solvers_answer_what_was_meant(solver, formula, answer):
    arguments = [argument for argument in SOLVERS[solver] if argument != "--parse-only"]
    assert run([*program(solver), *arguments], to_smtlib(formula)).split() == [answer]


@pytest.mark.parametrize(
    ("command", "exact"),
    [
        (["z3", "-in"], True),
        (["cvc5", "--lang", "smt2"], True),
        (["yices-smt2", "--smt2-model-format"], False),
    ],
)
def test_models_of_the_real_solvers_are_read(command, exact):
    system = And((Atom(2 * y_1 + 3, Relation.EQ), Atom(x * y_1 - 6, Relation.EQ)))
    output = run([*program(command[0]), *command[1:]], to_smtlib(system, produce_models=True))
    model = parse_smtlib_model(output, decimals_are_exact=exact)
    names = smtlib_names(system)
    assert {names.symbol(name): value for name, value in model.items()} == {x: -4, y_1: sympy.Rational(-3, 2)}


def test_an_irrational_value_of_z3_is_read_exactly():
    system = And((Atom(x**2 - 2, Relation.EQ), Atom(x, Relation.LT)))
    output = run([*program("z3"), "-in"], to_smtlib(system, produce_models=True))
    (value,) = parse_smtlib_model(output).values()
    assert value.polynomial.as_expr().subs(value.polynomial.gen, x).expand() == x**2 - 2
    assert value.high < 0


def compile_latex(folder: Path, body: str) -> str:
    pdflatex = shutil.which("pdflatex")
    if pdflatex is None:
        pytest.skip("pdflatex is missing; Debian's texlive-latex-base provides it")
    source = (
        "\\documentclass{article}\\usepackage[margin=1cm]{geometry}\\usepackage{amsmath}\\allowdisplaybreaks\n"
        f"\\begin{{document}}\n{body}\\end{{document}}\n"
    )
    (folder / "formula.tex").write_text(source)
    command = [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "formula.tex"]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert process.returncode == 0, process.stdout[-2000:]
    return process.stdout


def test_latex_compiles_every_set_and_no_line_leaves_the_page(tmp_path):
    parts = [
        to_latex(set_formula(support, which, shape))
        for support in (LU, WIDE, CHAIN)
        for which in SetName
        for shape in AtomShape
    ]
    log = compile_latex(tmp_path, "\n".join(parts))
    assert "Overfull \\hbox" not in log
    assert (tmp_path / "formula.pdf").stat().st_size > 1000


def test_latex_compiles_a_formula_of_several_pages(tmp_path):
    log = compile_latex(tmp_path, to_latex(set_formula(FULL_6X6, SetName.SENTENCE)))
    assert "Overfull \\hbox" not in log


def test_latex_compiles_any_formula(tmp_path):
    collected = []

    @settings(max_examples=40, deadline=None)
    @given(formulas)
    def collect(formula):
        collected.append(to_latex(formula))

    collect()
    assert len(collected) > 20
    compile_latex(tmp_path, "\n".join(collected))
