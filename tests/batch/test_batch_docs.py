"""The examples of docs/batch.md and the pre-commit hooks do what they say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click

from qeclose.batch.requests.collect import collect
from qeclose.batch.requests.expand import MASK_SUFFIXES
from qeclose.batch.requests.manifest import KEYS
from qeclose.cli.batch import command
from qeclose.decide.options import Options

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "batch.md").read_text()
MASK = "I:\n1\nJ:\n1\n"


def _example(language: str, holding: str) -> str:
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if holding in text]
    return str(found)


def _masks(folder: Path) -> None:
    (folder / "families").mkdir()
    (folder / "lu.txt").write_text(MASK)
    for file in ("families.txt", "families/some.txt"):
        (folder / file).write_text(f"== arrow-3 ==\n{MASK}== other ==\n{MASK}")


def test_the_manifests_of_the_page_can_be_read(tmp_path: Path) -> None:
    _masks(tmp_path)
    for name, text in (("m.toml", _example("toml", "[[item]]")), ("m.csv", _example("csv", "path"))):
        (tmp_path / name).write_text(text)
        lu, arrow = collect([str(tmp_path / name)], Options())
        assert (lu.expected, arrow.name, arrow.options.engines) == ("ill-posed", "arrow-3", ("z3", "cvc5"))


def test_the_page_names_every_key_and_every_ending_of_a_mask_file() -> None:
    assert _example("csv", "path").splitlines()[0] == ",".join(KEYS)
    assert all(f"`{suffix.removesuffix('.gz')}`" in PAGE for suffix in MASK_SUFFIXES) and "`.gz`" in PAGE


def test_the_page_names_options_that_exist_only() -> None:
    there = {name for option in command.params if isinstance(option, click.Option) for name in option.opts}
    there |= {"--no-cache", "--older-than", "--max-size", "--clear", "--format"}
    assert (
        set(re.findall(r"--[a-z]+(?:-[a-z]+)*", re.sub(r"```yaml.*?```", "", PAGE, flags=re.DOTALL))) <= there
    )


def test_the_python_example_runs(tmp_path: Path) -> None:
    (tmp_path / "supports").mkdir()
    (tmp_path / "supports" / "one.txt").write_text(MASK)
    code = _example("python", "LocalPool").replace("Options(timeout=20)", 'Options(method="certify")')
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60
    )
    assert done.stdout == "supports/one.txt well-posed\n"


def test_the_hooks_call_commands_that_exist() -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
    entries = re.findall(r"^  entry: (.*)$", hooks, re.MULTILINE)
    assert len(entries) == 2
    for entry in entries:
        program, name, *options = shlex.split(entry)
        assert (program, name) == ("qeclose", command.name)
        command.make_context("batch", [*options, "some.mask"])
    assert all(f"`{name}`" in PAGE for name in re.findall(r"^- id: (.*)$", hooks, re.MULTILINE))
