"""Defaults in pyproject.toml, --watch, baselines and formats on the command line; docs/ci.md, the action and its steps."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import FULL_1, LU_2, qeclose, start

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text()
COMMANDS = re.findall(r"^    (qeclose .*)$", PAGE, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()  # whatever lies above does not count
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "full.txt").write_text(FULL_1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return tmp_path


def configured(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)


def test_options_come_from_pyproject_and_the_report_says_so(folder):
    (folder / "lu.txt").write_text(LU_2)
    configured(folder, '[tool.qeclose]\ntimeout = 30\n[tool.qeclose.check]\nexpect = "ill-posed"\n')
    result = qeclose("check", "lu.txt", "--format", "json")
    note = f"options from {folder / 'pyproject.toml'}: timeout = 30.0, expect = ill-posed"
    assert result.exit_code == 0 and json.loads(result.stdout)["notes"] == [note]
    assert result.stderr == f"qeclose: {note}\n"


def test_the_command_line_wins(folder):
    configured(folder, '[tool.qeclose]\nexpect = "ill-posed"\n')
    assert qeclose("check", "masks/full.txt").exit_code == 1
    result = qeclose("check", "--expect", "well-posed", "masks/full.txt")
    assert result.exit_code == 0 and "options from" not in result.output


def test_the_table_is_found_upwards_and_no_higher_than_the_repository(folder, monkeypatch):
    configured(folder, '[tool.qeclose]\nexpect = "ill-posed"\n')
    (folder / "inner" / "deep").mkdir(parents=True)
    monkeypatch.chdir(folder / "inner" / "deep")
    assert qeclose("check", "-q", "../../masks/full.txt").exit_code == 1
    (folder / "inner" / "pyproject.toml").write_text('[project]\nname = "uses qeclose"\n')
    assert qeclose("check", "-q", "../../masks/full.txt").exit_code == 1
    (folder / "inner" / ".git").write_text("gitdir: elsewhere")
    assert qeclose("check", "-q", "../../masks/full.txt").exit_code == 0


def test_several_values_and_switches_and_files_are_taken(folder):
    (folder / "masks" / "old.txt").write_text(LU_2)
    (folder / "known.json").write_text('{"schema": 1, "known": []}')
    text = '[tool.qeclose.batch]\nexclude = ["old*"]\nno-cache = true\nbaseline = "known.json"\njobs = 1\n'
    configured(folder, text)
    result = qeclose("batch", "masks")
    assert result.exit_code == 0 and result.stdout.startswith("well-posed masks/full.txt\n1 item")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.qeclose]\ntimout = 3\n", "2:1: unknown key 'timout'"),
        ("[tool.qeclose.batch]\n\n  race = true\n", "3:3: unknown key 'race': qeclose batch has no such option"),
        ("[tool.qeclose.chek]\nseed = 1\n", "1:1: unknown key 'chek'"),
        ('[tool.qeclose]\ntimeout = "long"\n', "2:1: timeout: a number is wanted"),
        ("[tool.qeclose]\ntimeout = -1\n", "2:1: timeout: -1.0 is not in the range"),
        ("[tool.qeclose]\nseed = true\n", "2:1: seed: a number is wanted"),
        ("[tool.qeclose]\nseed = 1.5\n", "2:1: seed: a whole number is wanted"),
        ("[tool.qeclose]\npresolve = 1\n", "2:1: presolve: true or false is wanted"),
        ('[tool.qeclose]\nmethod = ["auto"]\n', "2:1: method: text is wanted"),
        ('[tool.qeclose]\nengine = ["z9"]\n', "2:1: engine: 'z9' is not one of"),
        ('[tool.qeclose]\nengine-path = ["z3=./evil"]\n', "2:1: engine-path is for the command line"),
        ('[tool.qeclose.check]\noutput = "x"\n', "2:1: output is for the command line"),
        ('[tool.qeclose.eliminate]\nset = "f"\n', "2:1: set: 'f' is not one of"),
        ("[tool.qeclose]\nseed = \n", "2:8: not TOML"),
        ("[tool]\nqeclose = 3\n", "1:1: tool.qeclose is a table"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_table_is_an_error_at_its_place(folder, text, told):
    configured(folder, text)
    result = qeclose("check", "masks/full.txt")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{folder / 'pyproject.toml'}:{told}") and result.stderr.count("\n") == 1
    assert qeclose("check", "--help").exit_code == 0


def test_a_broken_pyproject_that_is_not_about_qeclose_is_no_concern(folder):
    configured(folder, "qeclose = [\n")
    assert qeclose("check", "-q", "masks/full.txt").exit_code == 0


@pytest.mark.parametrize("command", ["check", "batch"])
def test_a_known_mask_passes_until_it_changes(folder, command):
    lu = folder / "masks" / "lu.txt"
    lu.write_text(LU_2)
    masks = ["masks"] if command == "batch" else ["masks/full.txt", "masks/lu.txt"]
    assert qeclose(command, *masks, "--write-baseline", "known.json").exit_code == 1
    passed = qeclose(command, *masks, "--baseline", "known.json", "--expect", "well-posed")
    assert passed.exit_code == 0 and "known" in passed.output
    lu.write_text("I:\n11\n01\nJ:\n11\n01\n")
    failed = qeclose(command, *masks, "--baseline", "known.json")
    assert failed.exit_code == 1 and "no longer ill-posed: lu" in failed.stderr


@pytest.mark.parametrize("command", ["check", "batch"])
def test_both_commands_find_the_same(folder, command):
    (folder / "masks" / "lu.txt").write_text(f"\n== a b ==\n{LU_2}")
    (folder / "masks" / "no.txt").write_text("I:\n1\nJ:\n12x\n")
    masks = [f"masks/{name}.txt" for name in ("full", "lu", "no")]
    result = qeclose(command, *masks, "--output-format", "github")
    assert result.exit_code == 2
    lines = [line.partition("::ill-posed")[0] for line in result.stdout.splitlines()]
    assert lines[0] == "::error file=masks/lu.txt,line=2,title=qeclose%3A masks/lu.txt a b"
    assert lines[1].startswith("::error file=masks/no.txt,line=4,col=2,title=qeclose%3A masks/no.txt::'2' is")


def test_a_report_for_screen_readers_is_one_on_a_terminal_too(folder):
    result = qeclose("check", "--plain", "--color", "always", "masks/full.txt")
    assert result.exit_code == 0 and result.stdout.startswith("full is well-posed.\nWhy: every matrix has")
    assert "Term 1: rows 1; columns 1.\n" in result.stdout and "\x1b" not in result.output
    assert qeclose("check", "--plain", "--format", "json", "masks/full.txt").exit_code == 2


def test_a_batch_for_screen_readers_is_a_sentence_an_item(folder):
    (folder / "masks" / "lu.txt").write_text(f"== a b ==\n{LU_2}")
    result = qeclose("batch", "--plain", "--color", "always", "--no-cache", "--jobs", "1", "masks")
    lines = result.stdout.splitlines()
    assert result.exit_code == 1 and "\x1b" not in result.output and "  " not in result.stdout
    assert lines[0] == "masks/full.txt is well-posed."
    assert lines[1].startswith("masks/lu.txt a b is ill-posed: some matrices have no best approximation")
    assert lines[1].endswith(".") and lines[2].startswith("2 items: ")


def test_check_leaves_out_what_patterns_match_and_says_so(folder):
    (folder / "masks" / "old-1.txt").write_text(LU_2)
    (folder / "masks" / "old-2.txt").write_text(LU_2)
    files = ["masks/full.txt", "masks/old-1.txt", "masks/old-2.txt"]
    result = qeclose("check", *files, "--exclude", "old-*")
    assert result.exit_code == 0 and result.stdout.startswith("full: well-posed\n")
    assert result.stderr == "qeclose: left out by --exclude: masks/old-1.txt, masks/old-2.txt\n"
    quiet = qeclose("check", "-q", *files, "--exclude", "*1.txt", "--exclude", "masks/old-2*")
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    assert qeclose("check", *files, "--exclude", "old-1*").exit_code == 1
    nothing = qeclose("check", *files, "--exclude", "masks")
    assert nothing.exit_code == 2 and "leaves out every FILE: masks/full.txt, " in nothing.stderr
    # Standard input has no name.
    assert qeclose("check", "-", "--exclude", "*", stdin=LU_2).exit_code == 1


def test_what_is_left_out_may_stand_in_pyproject_for_check_and_batch_alike(folder):
    (folder / "masks" / "old.txt").write_text(LU_2)
    configured(folder, '[tool.qeclose]\nexclude = ["old*"]\n')
    result = qeclose("check", "masks/full.txt", "masks/old.txt")
    assert result.exit_code == 0 and "left out by --exclude: masks/old.txt" in result.stderr
    assert qeclose("batch", "--no-cache", "--jobs", "1", "masks").exit_code == 0


def test_what_would_go_to_one_place_twice_is_refused(folder):
    both = qeclose("check", "masks/full.txt", "--format", "json", "--output-format", "junit")
    assert both.exit_code == 2 and "--output-format" in both.stderr
    assert qeclose("batch", "masks", "--jsonl", "-", "--output-format", "junit").exit_code == 2
    assert qeclose("batch", "masks", "--jsonl", "x.jsonl", "--watch").exit_code == 2
    assert qeclose("check", "-", "--watch", stdin=FULL_1).exit_code == 2


@pytest.mark.slow
@pytest.mark.parametrize("command", [("check", "-q"), ("batch", "-v", "--jobs", "1")])
def test_watch_decides_again_what_has_changed_until_it_is_interrupted(folder, command):
    mask = folder / "masks" / "full.txt"
    process = start(*command, "--watch", str(mask))
    try:
        told = read_until(process.stdout, "well-posed")
        assert "ill-posed" not in told
        read_until(process.stderr, "watching 1 file;")
        mask.write_text(LU_2)
        read_until(process.stdout, "ill-posed")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 130
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def read_until(stream, wanted: str) -> str:
    """Lines up to one that has the text; waiting is for the output alone, and the test's own limit ends it."""
    told = ""
    for line in stream:
        told += line
        if wanted in line:
            return told
    raise AssertionError(f"{wanted!r} did not come: {told}")


def test_looking_at_files_takes_a_small_part_of_the_time(monkeypatch, folder):
    from qeclose.cli import watch

    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 3:
            raise KeyboardInterrupt

    def slow() -> list[str]:
        until = time.monotonic() + 0.02
        while time.monotonic() < until:
            pass
        return ["masks/full.txt"]

    monkeypatch.setattr(watch.time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        list(watch.Watcher(slow).changes())
    assert min(slept) >= 0.02 / 0.02


@pytest.mark.parametrize("command", [one for one in COMMANDS if "--watch" not in one])
def test_a_command_of_the_page_does_what_it_says(folder, command):
    (folder / "known.json").write_text('{"schema": 1, "known": []}')
    result = qeclose(*shlex.split(command)[1:])
    assert result.exit_code == 0, result.output


def test_the_commands_of_the_page_that_watch_are_understood(folder):
    from qeclose.cli.batch import command as batch
    from qeclose.cli.check import command as check

    watching = [shlex.split(one) for one in COMMANDS if "--watch" in one]
    assert len(watching) == 2 and len(COMMANDS) >= 8
    for _, name, *words in watching:
        context = {"batch": batch, "check": check}[name].make_context(name, words)
        assert context.params["watch"] is True


def test_the_table_of_the_page_is_taken(folder):
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    configured(folder, text)
    (folder / "known.json").write_text('{"schema": 1, "known": []}')
    result = qeclose("batch", "masks", "--no-cache")
    assert result.exit_code == 0 and "engine = [z3, cvc5]" in result.stderr


def test_the_page_names_the_rules_there_are():
    from qeclose.findings.rules import RULES

    assert re.findall(r"^\| `([a-z-]+)` \| (?:error|warning)", PAGE, re.MULTILINE) == [
        rule.name for rule in RULES
    ]


yaml = pytest.importorskip("yaml", reason="PyYAML, which the extra cluster brings, is not installed")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())


def test_the_jobs_of_the_page_give_the_action_inputs_that_it_has():
    jobs, gitlab, hooks = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    (step,) = [one for one in jobs["jobs"]["masks"]["steps"] if "qeclose" in one["uses"]]
    required = {name for name, one in ACTION["inputs"].items() if one.get("required")}
    assert required <= set(step["with"]) <= set(ACTION["inputs"])
    command = shlex.split(gitlab["masks"]["script"][1])
    from qeclose.cli.batch import command as batch

    assert batch.make_context("batch", command[2:]).params["kind"] == "gitlab"
    known = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {one["id"] for one in hooks["repos"][0]["hooks"]} == {one["id"] for one in known}


def run_step(number: int, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """A step of the action as GitHub's runner would run it, with the environment it says."""
    step = ACTION["runs"]["steps"][number]
    given = {name: one.get("default", "") for name, one in ACTION["inputs"].items()} | inputs
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: given[match[1]], value).replace(
            "${{ github.action_path }}", str(ROOT)
        )
        for name, value in step["env"].items()
    }
    assert not any("${{" in value for value in environment.values()) and "${{" not in step["run"]
    runner = {"RUNNER_TEMP": str(folder / "runner"), "GITHUB_OUTPUT": str(folder / "outputs")}
    return subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={**os.environ, **environment, **runner}, cwd=folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def test_the_action_decides_and_fails_with_the_status_of_batch(folder):
    programs = folder / "runner" / "qeclose" / "bin"
    programs.mkdir(parents=True)
    (programs / "qeclose").write_text(f'#!/bin/sh\nexec {sys.executable} -m qeclose "$@"\n')
    (programs / "qeclose").chmod(0o755)
    (folder / "masks" / "lu.txt").write_text(LU_2)
    done = run_step(1, folder, paths="masks/*.txt", arguments="--exclude lu.txt --no-cache")
    assert done.returncode == 0, done.stderr
    done = run_step(
        1, folder, paths="masks", arguments="--no-cache", output="o.sarif", **{"output-format": "sarif"}
    )
    assert done.returncode == 1 and json.loads((folder / "o.sarif").read_text())["version"] == "2.1.0"
    assert (folder / "outputs").read_text().splitlines() == ["status=0", "status=1"]


@pytest.mark.slow
def test_the_action_installs_itself_from_its_checkout(folder):
    done = run_step(0, folder, python=sys.executable)
    if done.returncode and "No matching distribution" in done.stderr + done.stdout:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr
    assert run_step(1, folder, paths="masks").returncode == 0
    shutil.rmtree(folder / "runner")
