"""``emit``, ``eliminate``, ``engines``, ``generate``, and the group they hang on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import FULL_1, LU_2, fake_z3, qeclose

import qeclose as package
from qeclose.cli.app import COMMANDS
from qeclose.cli.options import ENGINE_NAMES, SET_NAMES
from qeclose.engine import installer
from qeclose.engine.discovery import Source
from qeclose.engine.registry import ENGINE_NAMES as REGISTERED
from qeclose.formula.builders import SetName
from qeclose.formula.printers import PRINTERS

RANK_ONE = "I:\n1\n1\nJ:\n1\n1\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(command):
    result = qeclose(command, "--help")
    assert result.exit_code == 0
    assert f"Usage: qeclose {command}" in result.stdout
    assert "Examples:" in result.stdout


def test_the_version_is_the_packages():
    assert qeclose("--version").stdout == f"qeclose, version {package.__version__}\n"


def test_an_unknown_command_is_a_usage_error():
    assert qeclose("chekc").exit_code == 2


def test_the_names_offered_are_those_of_the_library():
    """The command line lists them itself, so that its help imports nothing heavy."""
    from qeclose.cli.options import SYNTAXES

    assert sorted(ENGINE_NAMES) == sorted(REGISTERED)
    assert list(SET_NAMES) == list(SetName)
    assert sorted(SYNTAXES) == sorted(PRINTERS)


def test_completion_offers_the_commands():
    environment = {"_QECLOSE_COMPLETE": "bash_complete", "COMP_WORDS": "qeclose e", "COMP_CWORD": "1"}
    run = subprocess.run(
        [Path(sys.executable).with_name("qeclose")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert {"plain,emit", "plain,eliminate", "plain,engines", "plain,explain"} == set(run.stdout.split())


def _wall_time(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def test_help_is_there_at_once():
    # In pairs, for other work on the machine comes and goes.
    pairs = [(_wall_time("-c", "import click"), _wall_time("-m", "qeclose", "--help")) for _ in range(10)]
    assert min(help_page / bare for bare, help_page in pairs) < 3


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from qeclose.cli.app import app\n"
        "try: app(['check', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(any(name in sys.modules for name in ('sympy', 'numpy', 'rich', 'scipy', 'pexpect')))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
    )


@pytest.mark.parametrize("syntax", PRINTERS)
@pytest.mark.parametrize("which", SET_NAMES)
def test_every_set_is_printed_in_every_syntax(syntax, which):
    result = qeclose("emit", "-", "--set", which, "--syntax", syntax, stdin=LU_2)
    assert result.exit_code == 0
    # For Redlog every variable has a name that no word of REDUCE can be: ε is e1 there.
    epsilon = any(name in result.stdout for name in ("eps", "varepsilon", "{e1}"))
    assert epsilon is (which not in ("e", "complement"))


def test_the_atoms_can_be_equations():
    squares = qeclose("emit", "-", "--set=e", "--syntax=redlog", stdin=RANK_ONE).stdout
    equations = qeclose("emit", "-", "--set=e", "--syntax=redlog", "--atoms=equations", stdin=RANK_ONE).stdout
    assert "^2" in squares
    assert "^2" not in equations


@pytest.mark.parametrize("command", ["emit", "eliminate"])
def test_a_command_for_one_support_refuses_two(command):
    result = qeclose(command, "-", stdin=f"== a ==\n{LU_2}== b ==\n{FULL_1}")
    assert result.exit_code == 2
    assert "2 supports here, where one is wanted" in result.stderr


def test_a_formula_nobody_could_use_is_not_built():
    rows = ("1" * 40 + "\n") * 40
    result = qeclose("emit", "-", stdin=f"I:\n{rows}J:\n{rows}")
    assert result.exit_code == 2
    assert "4800 variables" in result.stderr


def test_the_rank_one_set_is_where_the_determinant_vanishes():
    result = qeclose("eliminate", "-", "--engine=qepcad", stdin=RANK_ONE)
    assert result.exit_code == 0
    (left, right), zero = result.stdout.split(" = ")[0].split(" - "), result.stdout.split(" = ")[1]
    assert {frozenset(left.split("*")), frozenset(right.split("*"))} == {
        frozenset({"a11", "a22"}),
        frozenset({"a12", "a21"}),
    }
    assert zero == "0\n"


_JSON_FRONTIER = ("--engine=qepcad", "--format=json", "--set=frontier")


def test_an_elimination_as_json_names_set_formula_and_engines():
    found = json.loads(qeclose("eliminate", "-", *_JSON_FRONTIER, stdin=RANK_ONE).stdout)
    assert (found["set"], found["formula"]) == ("frontier", "false")
    assert found["engines"][0]["answer"] == "formula"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--engine=z3",), 2),
        (("--engine=qepcad", "--engine=redlog"), 2),
        (("--engine=qepcad", "--engine-path=qepcad=/no/such"), 4),
    ],
)
def test_an_elimination_that_cannot_be_says_why(arguments, status):
    result = qeclose("eliminate", "-", *arguments, stdin=LU_2)
    assert (result.exit_code, result.stdout) == (status, "")
    assert result.stderr


def test_an_elimination_that_takes_too_long_is_status_3():
    wide = "I:\n111\n111\n111\nJ:\n111\n111\n111\n"
    result = qeclose("eliminate", "-", "--engine=qepcad", "--timeout=1", stdin=wide)
    assert result.exit_code == 3
    assert "time" in result.stderr


def test_engines_are_listed_with_path_version_and_self_test():
    result = qeclose("engines", "--format=json")
    rows = {row["name"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert list(rows) == list(REGISTERED)
    for name in ("qepcad", "z3", "cvc5", "yices"):
        assert rows[name]["works"], rows[name]["detail"]
        assert Path(rows[name]["path"]).is_file()
        assert rows[name]["version"]


def test_only_the_engines_named_are_examined_and_all_must_be_there(monkeypatch):
    monkeypatch.delenv("QECLOSE_YICES", raising=False)
    assert qeclose("engines", "yices", "z3").stdout.split()[0] == "yices"
    monkeypatch.setenv("QECLOSE_YICES", "/no/such/yices")
    assert qeclose("engines", "yices", "z3").exit_code == 4
    assert qeclose("engines", "yices-smt2").exit_code == 2


def test_engines_that_are_installed_already_are_installed_again_without_harm():
    result = qeclose("engines", "--install", "yices", "z3")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 2), result.stderr


def test_an_engine_that_no_python_package_has_is_not_installed():
    result = qeclose("engines", "--install", "redlog")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "qeclose: no Python package has redlog: install REDUCE, which contains Redlog\n"


def test_without_pip_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(installer, "find_spec", lambda name: None)
    result = qeclose("engines", "--install", "qepcad")
    assert result.exit_code == 2
    assert "there is no pip" in result.stderr
    assert "install passagemath-qepcad into it, without dependencies" in result.stderr


def test_a_package_that_pip_cannot_install_is_status_4_with_its_reason(monkeypatch, tmp_path):
    broken = tmp_path / "broken-1-py3-none-any.whl"
    broken.write_text("no archive")
    monkeypatch.setattr(installer, "SOURCES", {"z3": Source(("z3",), str(broken))})
    result = qeclose("engines", "--install", "z3")
    assert result.exit_code == 4
    assert f"z3: pip could not install {broken}: " in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", ["says sat", "crashes"])
def test_an_engine_that_fails_its_self_test_is_status_4(tmp_path, behaviour):
    result = qeclose("engines", "--engine-path", fake_z3(tmp_path, behaviour))
    assert result.exit_code == 4
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("z3"))
    assert "FAILS" in line


def test_a_forced_path_that_is_wrong_is_status_4():
    result = qeclose("engines", "--engine-path", "redlog=/no/such/reduce")
    assert result.exit_code == 4
    assert "/no/such/reduce" in result.stdout


def test_what_is_generated_is_read_back():
    text = qeclose("generate", "lu", "n=2").stdout
    assert package.Support.parse(text) == package.Support.parse(LU_2)


def test_a_generated_support_is_written_into_a_folder_under_its_name(tmp_path):
    assert qeclose("generate", "full", "2", "2", "1", "-o", f"{tmp_path}/new/").exit_code == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["full-2x2-r1.txt"]


def test_the_help_of_generate_lists_every_family():
    from qeclose.support.catalogue import FAMILIES

    text = qeclose("generate", "--help").stdout
    for family in FAMILIES:
        assert f"\n{family}" in text


@pytest.mark.parametrize("arguments", [("maze",), ("lu",), ("lu", "2", "3"), ("lu", "n=two"), ("lu", "-1")])
def test_a_family_or_parameter_that_is_not_there_is_a_usage_error(arguments):
    result = qeclose("generate", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "{lu}"),
        ("check", "{lu}", "-o", "/dev/full"),
        pytest.param(("check", "{lu}", "--certificate", "/dev/full"), marks=pytest.mark.slow),
        pytest.param(("emit", "{lu}"), marks=pytest.mark.slow),
        pytest.param(("generate", "lu", "2", "-o", "/dev/full"), marks=pytest.mark.slow),
        pytest.param(("repair", "{lu}", "-o", "/dev/full"), marks=pytest.mark.slow),
        pytest.param(("relu", "{lu}"), marks=pytest.mark.slow),
        pytest.param(("batch", "{lu}", "--no-cache"), marks=pytest.mark.slow),
        ("batch", "{lu}", "--no-cache", "--jsonl", "/dev/full"),
        pytest.param(("batch", "{lu}", "--no-cache", "--junit", "/dev/full"), marks=pytest.mark.slow),
        ("sample", "--rows=2", "--cols=2", "--rank=2", "--density=0.5", "--count=1", "--jsonl", "/dev/full"),
    ],
    ids=" ".join,
)
def test_a_full_disk_is_one_line_and_status_2(tmp_path, arguments):
    lu = tmp_path / "lu.txt"
    lu.write_text(LU_2)
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "qeclose", *(argument.format(lu=lu) for argument in arguments)],
            stdout=subprocess.DEVNULL if "/dev/full" in arguments else full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert run.returncode == 2
    assert "No space left on device" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("command", ["check", "emit", "eliminate", "repair", "relu", "verify"])
def test_a_file_that_cannot_be_read_is_named_with_line_and_column(command):
    result = qeclose(command, "no/such.txt")
    assert result.exit_code == 2
    assert result.stderr == "no/such.txt:0:0: no such file\n"


@pytest.mark.parametrize("command", ["check", "batch", "repair", "relu"])
def test_a_name_that_the_terminal_cannot_show_is_no_traceback(tmp_path, command):
    mask = tmp_path / "é.txt"
    mask.write_text(FULL_1)
    options = ("--no-cache",) if command == "batch" else ()
    run = subprocess.run(
        [sys.executable, "-m", "qeclose", command, mask.name, *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert b"well-posed" in run.stdout
