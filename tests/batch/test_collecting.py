"""Which items a command line means."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from qeclose.batch.requests.collect import collect
from qeclose.batch.requests.item import Item
from qeclose.decide.options import Options

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


NOT_MASKS = {
    "measured.csv": "time,value\n0.5,1.25\n0.75,3\n",
    "words.tsv": "a\tb\nyes\tno\n",
    "notes.txt": "The masks are in the other folder.\n",
    "notes.txt.gz": "# none here\nnumpy>=1.26\n",
    "weights.mtx": "%%MatrixMarket matrix array real general\n2 1\n0.5\n2\n",
    "weights.npy": [[0.5, 1.0]],
    "images.npy": [[[0, 1]], [[1, 1]]],
    "labels.npy": [0, 1, 1],
    "data.npz": {"x": [[0, 1]], "y": [1]},
}
NEARLY = {
    "unlabelled.csv": "0,1\n1,1\n",
    "unlabelled.txt": "10\n11\n",
    "named.csv": "a,b\n0,1\n1,1\n",
    "small.txt": "i:\n10\nj:\n10\n",
    "colonless.txt": "I\n10\nJ\n10\n",
    "ragged.csv": "I,\n1,0\n1\n",
    "alone.I.csv": "0,1\n1,1\n",
    "alone.I.npy": [[0.5, 1.0]],
    "I.npy": [[0.5, 1.0]],
    "bare.npy": [[0, 1]],
    "bare.mtx": "%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 1\n",
    "keys.npz": {"mask_left": [[0, 1]], "mask_right": [[1, 1]]},
    "small.npz": {"i": [[0, 1]], "j": [[1, 1]]},
    "damaged.npz": "PK nothing",
    "damaged.npy": "nothing",
    "latin.txt": b"I:\n1\nJ:\n1 # \xe9",
    "pointer.csv": "version https://git-lfs.github.com/spec/v1\n",
}


def _write(file: Path, content: object) -> None:
    match content:
        case dict():
            np.savez(file, **content)
        case list():
            np.save(file, content)
        case str() | bytes():
            data = content if isinstance(content, bytes) else content.encode()
            file.write_bytes(gzip.compress(data) if file.suffix == ".gz" else data)


@pytest.mark.parametrize("name", NOT_MASKS)
def test_a_file_in_a_folder_that_is_plainly_something_else_is_passed_over(tmp_path: Path, name: str) -> None:
    _write(tmp_path / name, NOT_MASKS[name])
    (tmp_path / "one.mask").write_text(ONE)
    for place in (tmp_path, tmp_path / "*"):
        told: list[str] = []
        (item,) = collect([str(place)], Options(), passed_over=told.append)
        assert item.name == "one"
        assert told == [str(tmp_path / name)]
    (alone,) = _items(tmp_path / name)
    assert alone.support is None


@pytest.mark.parametrize("name", NEARLY)
def test_a_file_in_a_folder_that_is_nearly_a_mask_is_malformed(tmp_path: Path, name: str) -> None:
    _write(tmp_path / name, NEARLY[name])
    told: list[str] = []
    (item,) = collect([str(tmp_path)], Options(), passed_over=told.append)
    assert item.support is None and item.problem.startswith(str(tmp_path / name))
    assert not told


def test_a_folder_or_glob_without_any_mask_is_malformed(tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text("a,b\nyes,no\n")
    (tmp_path / "list.toml").write_text('[[item]]\npath = "*.csv"\n')
    for place in (tmp_path, tmp_path / "*.csv", tmp_path / "list.toml"):
        (item,) = _items(place)
        assert item.support is None and "no masks here" in item.problem


@pytest.mark.parametrize("name", ["model.pt", "notes.ipynb", "picture.png", "table.json", "program"])
def test_a_glob_passes_over_kinds_of_files_that_are_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b'{"layers": [1, 2]}\n' if "." in name else b"#!/bin/sh\necho hello\n")
    (tmp_path / "one.mask").write_text(ONE)
    told: list[str] = []
    (item,) = collect([str(tmp_path / "*")], Options(), passed_over=told.append)
    assert (item.name, told) == ("one", [str(tmp_path / name)])


@pytest.mark.parametrize("pattern", ["b.txt", "b*", "*/sub/*", "sub"])
def test_excluded_are_files_whose_name_folder_or_path_matches(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.txt", "sub/b.txt"):
        (tmp_path / name).write_text("I:\n1\nJ:\n1\n")
    items = collect([str(tmp_path)], Options(), exclude=[pattern])
    assert [Path(item.source).name for item in items] == ["a.txt"]
