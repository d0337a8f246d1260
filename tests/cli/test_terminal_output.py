"""What reaches a terminal: colour as asked for, letters it has, nothing that drives it; and what the shell completes."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

LU = "I:\n10\n11\nJ:\n10\n11\n"
_TRICKS = "\x1b[31m\u202e\u2066\x9b\x07"


@pytest.fixture
def lu(tmp_path: Path) -> Path:
    (tmp_path / "lu.txt").write_text(LU)
    return tmp_path / "lu.txt"


def _environment(**changes: str) -> dict[str, str]:
    dropped = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS", "GITHUB_ACTIONS")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "TERM": "xterm-256color", **changes}


def _piped(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "qeclose", *arguments],
        capture_output=True, stdin=subprocess.DEVNULL, env=_environment(**environment), check=False,
    )  # fmt: skip
    return (done.stdout + done.stderr).decode("utf-8")


def _on_terminal(*arguments: str, **environment: str) -> str:
    """What a terminal of the usual 80 columns receives."""
    parent, child = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "qeclose", *arguments],
        stdin=child, stdout=child, stderr=child, env=_environment(COLUMNS="80", **environment),
    ) as process:  # fmt: skip
        os.close(child)
        received = b""
        while True:
            try:
                block = os.read(parent, 65536)
            except OSError:  # the other end is closed
                break
            if not block:
                break
            received += block
        process.wait()
    os.close(parent)
    return received.decode("utf-8").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("arguments", "environment", "terminal", "coloured"),
    [
        ((), {}, True, True),
        ((), {}, False, False),
        ((), {"NO_COLOR": "1"}, True, False),
        pytest.param((), {"CLICOLOR": "0"}, True, False, marks=pytest.mark.slow),
        pytest.param((), {"TERM": "dumb"}, True, False, marks=pytest.mark.slow),
        ((), {"FORCE_COLOR": "1"}, False, True),
        pytest.param((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False, marks=pytest.mark.slow),
        (("--color", "always"), {}, False, True),
        pytest.param(
            ("--color", "always"), {"NO_COLOR": "1", "TERM": "dumb"}, False, True, marks=pytest.mark.slow
        ),
        pytest.param(("--color", "never"), {"FORCE_COLOR": "1"}, True, False, marks=pytest.mark.slow),
    ],
)
def test_colour_is_what_the_option_says_or_else_the_environment(
    lu: Path, arguments: tuple[str, ...], environment: dict[str, str], terminal: bool, coloured: bool
):
    shown = (_on_terminal if terminal else _piped)("check", *arguments, str(lu), **environment)
    assert "ill-posed" in shown
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", shown)) == coloured


@pytest.mark.slow
@pytest.mark.parametrize(("color", "coloured"), [("always", True), ("auto", True), ("never", False)])
def test_the_live_table_of_a_batch_heeds_the_option(lu: Path, color: str, coloured: bool):
    shown = _on_terminal("batch", "--no-cache", "--jobs", "1", "--color", color, str(lu))
    assert "1 ill-posed" in shown and "1/1" in shown
    assert bool(re.search(r"\x1b\[[0-9;]*[0-9]m", shown)) == coloured


def test_a_dumb_terminal_gets_plain_lines(lu: Path):
    shown = _on_terminal("check", str(lu), TERM="dumb")
    assert "\x1b" not in shown
    assert "           I    JT\n           1.   11\n           11   .1\n" in shown


def test_letters_that_the_encoding_lacks_are_written_plainly(lu: Path):
    shown = _piped("check", str(lu), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "mask     2x2, rank 2" in shown and "XYT come" in shown
    assert "?" not in shown and shown.isascii()


def test_no_line_of_a_report_is_longer_than_a_terminal_is_wide(lu: Path):
    for shown in (_piped("check", str(lu)), _on_terminal("check", str(lu), NO_COLOR="1")):
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
        assert max(map(len, plain.splitlines())) <= 80
        # No word is broken.
        assert " approximation" in plain and " without" in plain


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "MASK"), ("check", "MISSING"), ("batch", "MASK"), ("batch", "MISSING"), ("repair", "MASK"),
        ("emit", "MISSING"), ("verify", "MISSING"), ("relu", "MISSING"), (_TRICKS,), ("check", f"--{_TRICKS}"),
        ("check", "-o", f"/nowhere/{_TRICKS}", "MASK"), ("eliminate", "MISSING"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("actions", ["", pytest.param("true", marks=pytest.mark.slow)])
def test_names_that_would_drive_the_terminal_are_cleaned(
    tmp_path: Path, arguments: tuple[str, ...], actions: str
):
    mask = tmp_path / f"mask{_TRICKS}.txt"
    mask.write_text(LU)
    files = {"MASK": str(mask), "MISSING": str(tmp_path / f"{_TRICKS}.txt")}
    shown = _piped(*(files.get(word, word) for word in arguments), GITHUB_ACTIONS=actions)
    assert shown
    assert all(letter.isprintable() or letter == "\n" for letter in shown)


@pytest.mark.parametrize(
    "words", ["check ma", "batch ma", "repair -o ma", "emit ma", "verify ma", "check --certificate ma"]
)
def test_the_shell_completes_file_names(words: str):
    typed = f"qeclose {words}"
    shown = _piped(
        COMP_WORDS=typed, COMP_CWORD=str(len(typed.split()) - 1), _QECLOSE_COMPLETE="bash_complete"
    )
    assert shown == "file,ma\n"


def test_annotations_name_files_from_the_root_of_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "lu.txt").write_text(LU)
    monkeypatch.chdir(tmp_path / "deep")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    where = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(tmp_path)}
    assert "::error file=deep/er/lu.txt," in _piped("batch", "--no-cache", "er/lu.txt", **where)


def test_the_examples_of_help_name_no_file_that_an_installation_lacks():
    from qeclose.cli.app import COMMANDS, app

    for name in COMMANDS:
        command = app.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        shown = command.get_help(click.Context(command))
        assert not any(folder in shown for folder in ("supports/", "docs/", "scripts/")), shown
    assert "supports/" not in (app.epilog or "")
