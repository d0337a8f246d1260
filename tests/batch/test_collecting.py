"""Which items a command line means."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from qeclose.batch.options import Options
from qeclose.batch.requests.collect import collect
from qeclose.batch.requests.item import Item

LU = "I:\n10\n11\nJ:\n10\n11\n"
ONE = "I:\n1\nJ:\n1\n"


def _items(*paths: object, **named: object) -> list[Item]:
    return list(collect(map(str, paths), Options(), **named))  # type: ignore[arg-type]


def _titles(*paths: object) -> list[str]:
    return [item.title for item in _items(*paths)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "b.txt").write_text(LU)
    (tmp_path / "a.mask").write_text(ONE)
    (tmp_path / "deep" / "c.txt").write_text(f"== one ==\n{ONE}== two ==\n{LU}")
    (tmp_path / "deep" / "er" / "d.csv").write_text("I:\n1,0\n1,1\nJ:\n1,0\n1,1\n")
    np.savez(
        tmp_path / "deep" / "er" / "many.npz", **{"x/I": [[1]], "x/J": [[1]], "y/I": [[1]], "y/J": [[1]]}
    )
    for part in "IJ":
        np.save(tmp_path / "deep" / f"pair.{part}.npy", np.eye(2))
    (tmp_path / ".hidden" / "no.txt").write_text(ONE)
    (tmp_path / "README.md").write_text("no mask")
    (tmp_path / "list.csv").write_text("path\nb.txt\n")
    return tmp_path


def test_a_folder_is_searched_through_in_a_fixed_order_and_each_support_found_once(folder: Path) -> None:
    found = [(Path(item.source).relative_to(folder).as_posix(), item.name) for item in _items(folder)]
    assert found == [
        ("a.mask", "a"),
        ("b.txt", "b"),
        ("deep/c.txt", "one"),
        ("deep/c.txt", "two"),
        ("deep/pair.I.npy", "pair"),
        ("deep/er/d.csv", "d"),
        ("deep/er/many.npz", "x"),
        ("deep/er/many.npz", "y"),
    ]


def test_a_glob_reaches_into_folders_and_takes_the_masks(folder: Path) -> None:
    assert _titles(folder / "**" / "*.txt") == [
        str(folder / "b.txt"),
        f"{folder / 'deep/c.txt'} one",
        f"{folder / 'deep/c.txt'} two",
    ]


def test_a_file_whose_name_looks_like_a_glob_is_read_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "[a]*.txt").write_text(ONE)
    (tmp_path / "other.txt").write_text(LU)
    assert _titles(tmp_path / "[a]*.txt") == [str(tmp_path / "[a]*.txt")]


def test_the_same_file_named_twice_is_one_item(folder: Path) -> None:
    assert _titles(folder / "b.txt", folder / "b.txt") == [str(folder / "b.txt")]


@pytest.mark.parametrize(
    ("path", "problem"),
    [("nowhere.txt", "no such file"), ("*.nothing", "no file matches"), ("empty", "no file in this folder")],
)
def test_what_cannot_be_found_is_a_malformed_item_beside_the_others(
    folder: Path, path: str, problem: str
) -> None:
    (folder / "empty").mkdir()
    bad, good = _items(folder / path, folder / "a.mask")
    assert problem in bad.problem
    assert bad.problem.startswith(f"{folder / path}:0:0: ")
    assert good.support is not None


def test_a_malformed_file_is_an_item_with_its_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("I:\n10\n1\nJ:\n10\n11\n")
    (item,) = _items(tmp_path)
    assert item.support is None
    assert item.problem.startswith(f"{tmp_path / 'bad.txt'}:3:2: ")


def test_the_identity_depends_on_place_name_masks_and_options_but_not_on_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(LU)
    (item,) = _items(path)

    def identity(**options: object) -> str:
        (found,) = collect([str(path)], Options(**options))  # type: ignore[arg-type]
        return found.identity

    assert identity(timeout=1.0, memory_mb=7) == item.identity
    different = {item.identity, identity(method="staged"), identity(engines=("z3",)), identity(seed=1)}
    path.write_text(ONE)
    different.add(identity())
    path.write_text(f"== other ==\n{LU}")
    different.add(identity())
    (tmp_path / "b.txt").write_text(LU)
    different.update(item.identity for item in _items(tmp_path / "b.txt"))
    assert len(different) == 7


def test_a_pipe_in_a_folder_is_passed_over_and_texts_that_are_no_masks_are_named(tmp_path: Path) -> None:
    (tmp_path / "mask.txt").write_text("# one\nI:\n1\nJ:\n1\n")
    (tmp_path / "broken.txt").write_text("I:\n1x0\nJ:\n1\n")
    (tmp_path / "requirements.txt").write_text(
        "numpy>=1.26\nI: not at all, this is prose\n".replace("I:", "if")
    )
    os.mkfifo(tmp_path / "pipe.txt")
    told: list[str] = []
    items = list(collect([str(tmp_path)], Options(), passed_over=told.append))
    assert [(Path(item.source).name, item.support is None) for item in items] == [
        ("broken.txt", True),
        ("mask.txt", False),
    ]
    assert [Path(path).name for path in told] == ["requirements.txt"]


def test_a_text_named_by_itself_is_read_whatever_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("numpy\n")
    (item,) = collect([str(tmp_path / "requirements.txt")], Options())
    assert item.support is None


@pytest.mark.parametrize("pattern", ["b.txt", "b*", "*/sub/*", "sub"])
def test_excluded_are_files_whose_name_folder_or_path_matches(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.txt", "sub/b.txt"):
        (tmp_path / name).write_text("I:\n1\nJ:\n1\n")
    items = collect([str(tmp_path)], Options(), exclude=[pattern])
    assert [Path(item.source).name for item in items] == ["a.txt"]
