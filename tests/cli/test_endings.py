"""However a command ends, its status says what the contract says: 0 and 1 are verdicts and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import LU_2, fake_z3

from qeclose.cli.app import COMMANDS as ALL

PLENTY = 120.0
RANDOM_MASKS = ("--rows", "2", "--cols", "2", "--rank", "1", "--density", "0.5")
COMMANDS = [
    ("check", "-q", "MASK"),
    ("emit", "MASK"),
    ("eliminate", "-q", "MASK", "--engine", "z3"),
    ("verify", "CERTIFICATE", "MASK"),
    ("batch", "-q", "--no-cache", "--jobs", "1", "MASK"),
    ("generate", "lu", "2"),
    ("relu", "-q", "MASK"),
    ("repair", "-q", "MASK"),
    ("explain", "-q", "MASK"),
    ("locate", "-q", "MATRIX", "MASK"),
    ("fit", "-q", "MATRIX", "MASK", "--starts", "1", "--timeout", "10"),
    ("engines", "z3"),
    ("cache", "--cache", "FOLDER"),
    ("sample", "-q", *RANDOM_MASKS, "--count", "1", "--jobs", "1"),
]
VERDICTS = {"check": 1, "batch": 1, "relu": 1, "explain": 1, "locate": 1}


def test_every_command_is_here() -> None:
    assert {command[0] for command in COMMANDS} == set(ALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("endings")
    (folder / "lu.txt").write_text(LU_2)
    # On the frontier: no LU factorization, but a limit of matrices that have one.
    (folder / "swap.csv").write_text("0,1\n1,0\n")
    subprocess.run(
        [sys.executable, "-m", "qeclose", "check", "-q", str(folder / "lu.txt"), "--certificate",
         str(folder / "lu.json")],
        stdout=subprocess.DEVNULL, timeout=PLENTY, check=False,
    )  # fmt: skip
    return folder


def words(command: tuple[str, ...], folder: Path) -> list[str]:
    names = {"MASK": "lu.txt", "MATRIX": "swap.csv", "CERTIFICATE": "lu.json", "FOLDER": ""}
    places = {word: str(folder / name) for word, name in names.items()}
    return [sys.executable, "-m", "qeclose", *(places.get(word, word) for word in command)]


def shell(line: str, command: tuple[str, ...], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in bash as ``line`` says, where it is called "$@"."""
    return subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {line}", "bash", *words(command, folder)],
        capture_output=True, text=True, timeout=PLENTY, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("stream", ['"$@" >&-', '"$@" > /dev/full'])
def test_a_standard_output_that_takes_nothing_is_no_verdict(command, stream, folder):
    ended = shell(stream, command, folder)
    assert ended.returncode in (2, 4), ended
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("\n") <= 2


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("stream", ['"$@" <&-', '"$@" 2>&-', '"$@" <&- 2>&-'])
def test_without_standard_input_or_error_all_is_as_usual(command, stream, folder):
    usual, ended = shell('"$@"', command, folder), shell(stream, command, folder)
    assert ended.returncode == usual.returncode
    assert usual.returncode in (VERDICTS.get(command[0], 0), 2, 4), usual
    assert bool(ended.stdout) == bool(usual.stdout)


def test_an_engine_works_without_any_standard_stream(tmp_path, folder):
    command = ("check", "-q", "MASK", "--method", "sentence", "--engine", "z3", "--engine-path",
               fake_z3(tmp_path, "says sat"), "-o", str(tmp_path / "report"))  # fmt: skip
    assert shell('"$@" <&- >&- 2>&-', command, folder).returncode == 1
    assert "ill-posed" in (tmp_path / "report").read_text()


def test_help_into_a_pipe_that_closes_is_no_verdict(folder):
    assert shell('"$@" | true', ("--help",), folder).returncode in (0, 141)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("megabytes", [40, 120, 250])
def test_a_machine_without_memory_is_no_verdict_that_is_wrong(command, megabytes, folder):
    ended = shell(f'ulimit -v {1024 * megabytes}; exec "$@"', command, folder)
    right = {VERDICTS.get(command[0], 0), 2, 3, 4}
    # Below what the interpreter itself needs, the system or the interpreter may end it.
    assert ended.returncode in right or ended.returncode > 4 or "qeclose" not in ended.stderr, ended


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "command", ["check", "eliminate", "emit", "explain", "relu", "verify", "repair", "batch"]
)
def test_an_interrupted_command_says_so(tmp_path, command, number):
    """Each hangs where it reads: a pipe that nobody writes to."""
    pipe = tmp_path / "masks.txt"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "qeclose", command, "--timeout", str(PLENTY), str(pipe)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    # Opening the writing end succeeds once the command reads.
    until = time.monotonic() + PLENTY
    while True:
        try:
            writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)
    # To the whole group, as a terminal does.
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, errors = process.communicate(timeout=PLENTY)
    os.close(writer)
    assert process.returncode == 128 + number, errors
    assert errors == f"qeclose: {'interrupted' if number == signal.SIGINT else 'terminated'}\n"


def test_reading_counts_too(tmp_path):
    pipe = tmp_path / "masks.txt"
    os.mkfifo(pipe)
    ended = subprocess.run(
        [sys.executable, "-m", "qeclose", "check", "--timeout", "2", str(pipe)],
        capture_output=True, text=True, timeout=PLENTY, check=False,
    )  # fmt: skip
    assert ended.returncode == 3
    assert f"time ran out while reading {pipe}" in ended.stderr


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400", "0", "-1", "1e12", "9" * 30])
@pytest.mark.parametrize("option", ["--timeout", "--memory"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_limit_that_is_no_limit_is_a_usage_error(command, option, number, folder):
    from click.testing import CliRunner

    from qeclose.cli.app import app

    ended = CliRunner().invoke(app, [*words(command, folder)[3:], option, number])
    assert ended.exit_code == 2
    assert option in ended.output


@pytest.mark.parametrize(
    ("command", "content"),
    [
        (("locate", "FILE", "MASK"), "[" * 100_000),
        (("fit", "FILE", "MASK"), "[" * 100_000),
        (("check", "FILE"), "[" * 100_000),
        (("relu", "MASK", "--inputs", "FILE"), "[" * 100_000),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "deep",
)
def test_what_is_nested_too_deeply_is_told_without_python_s_words(command, content, folder, tmp_path):
    (tmp_path / "deep.json").write_text(content)
    command = tuple(str(tmp_path / "deep.json") if word == "FILE" else word for word in command)
    ended = shell('"$@"', command, folder)
    assert ended.returncode == 2 and "recursion" not in ended.stderr, ended


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "reason"), [(("--timeout", "2"), "time ran out"), (("--memory", "256"), "memory ran out")]
)
def test_a_formula_that_no_memory_holds_is_not_written(tmp_path, limit, reason):
    """The sum of squares of five full factors has a term for each two ways through them."""
    file = tmp_path / "chain.txt"
    file.write_text("".join(f"F{number}:\n" + "111111\n" * 6 for number in range(1, 6)))
    ended = subprocess.run(
        [sys.executable, "-m", "qeclose", "emit", str(file), "--timeout", str(PLENTY), *limit],
        capture_output=True, text=True, timeout=2 * PLENTY, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (3, ""), ended
    assert f"{reason} while writing the formula down" in ended.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep.toml", "x = " + "[" * 100_000),
        ("long.toml", "[[item]]\npath = 'a'\nseed = " + "7" * 5_000),
        ("deep.json", "[" * 100_000),
        ("long.json", '{"format": ' + "7" * 5_000 + "}"),
    ],
)
def test_nested_and_endless_values_are_malformed_input(tmp_path, name, content):
    file = tmp_path / name
    file.write_text(content)
    command = ("verify",) if name.endswith("json") else ("batch", "-q", "--no-cache")
    ended = subprocess.run(
        [sys.executable, "-m", "qeclose", *command, str(file)],
        capture_output=True, text=True, timeout=PLENTY, check=False,
    )  # fmt: skip
    assert ended.returncode == 2, ended
    assert "Traceback" not in ended.stderr
