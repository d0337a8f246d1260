"""Manifests in TOML and CSV, and the mistakes they can hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from qeclose.batch.requests.collect import collect
from qeclose.batch.requests.item import Item
from qeclose.decide.options import Options

BLOCKS = "== one ==\nI:\n1\nJ:\n1\n== two ==\nI:\n10\n11\nJ:\n10\n11\n"


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "blocks.txt").write_text(BLOCKS)
    return tmp_path


def _items(folder: Path, name: str, text: str, **options: object) -> list[Item]:
    (folder / name).write_text(text)
    return list(collect([str(folder / name)], Options(**options)))  # type: ignore[arg-type]


def test_a_toml_manifest_gives_blocks_their_own_options_and_expectations(masks: Path) -> None:
    text = """
        [defaults]
        timeout = 5

        [[item]]
        path = "masks/blocks.txt"
        name = "two"
        expect = "ill-posed"
        engine = ["z3", "cvc5"]

        [[item]]
        path = "masks/*.txt"
        method = "staged"
        memory = 100
        timeout = 7.5
    """
    first, second, third = _items(masks, "m.toml", text, seed=3)
    assert (first.name, first.expected) == ("two", "ill-posed")
    assert first.options == Options(engines=("z3", "cvc5"), timeout=5.0, seed=3)
    assert [second.name, third.name] == ["one", "two"]
    assert third.options == Options(method="staged", memory_mb=100, timeout=7.5, seed=3)
    assert third.source == str(masks / "masks" / "blocks.txt")


def test_a_csv_manifest_says_the_same_in_columns(masks: Path) -> None:
    text = (
        "path,name,expect,engine,timeout,seed\n"
        "# a comment\n"
        "\n"
        'masks/blocks.txt,two,ill-posed,"z3 cvc5",5,\n'
        "masks/blocks.txt,one,,,,4\n"
    )
    two, one = _items(masks, "m.csv", text)
    assert (two.name, two.expected) == ("two", "ill-posed")
    assert two.options == Options(engines=("z3", "cvc5"), timeout=5.0)
    assert (one.name, one.expected, one.options) == ("one", None, Options(seed=4))


def test_a_csv_file_without_a_path_column_is_a_mask(tmp_path: Path) -> None:
    (item,) = _items(tmp_path, "mask.csv", "I:\n1\nJ:\n1\n")
    assert item.support is not None


GOOD = '[[item]]\npath = "masks/blocks.txt"\nname = "one"\n'

MISTAKES_IN_TOML = {
    "unknown key": ('[[item]]\npath = "x"\ntimeuot = 1\n', 1, "unknown key 'timeuot'"),
    "no path": ("[[item]]\nseed = 1\n", 1, "path is missing"),
    "path no text": ("[[item]]\npath = 7\n", 1, "path is missing"),
    "expectation": ('[[item]]\npath = "x"\nexpect = "closed"\n', 1, "expect is 'closed'"),
    "method": ('[[item]]\npath = "x"\nmethod = "magic"\n', 1, "method is 'magic'"),
    "engine": ('[[item]]\npath = "x"\nengine = "maple"\n', 1, "engine is ['maple']"),
    "timeout": ('[[item]]\npath = "x"\ntimeout = -1\n', 1, "timeout is -1"),
    "timeout nan": ('[[item]]\npath = "x"\ntimeout = nan\n', 1, "timeout is nan"),
    "memory": ('[[item]]\npath = "x"\nmemory = 1.5\n', 1, "memory is 1.5"),
    "seed": ('[[item]]\npath = "x"\nseed = "y"\n', 1, "seed is 'y'"),
    "no such file": ('[[item]]\npath = "nowhere"\n', 1, "no such file"),
    "no such block": (
        '[[item]]\npath = "masks/blocks.txt"\nname = "three"\n',
        1,
        "no support is called 'three'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES_IN_TOML)
def test_a_mistake_in_toml_is_told_with_its_line_and_the_other_items_are_read(
    masks: Path, mistake: str
) -> None:
    text, line, problem = MISTAKES_IN_TOML[mistake]
    good, bad = _items(masks, "m.toml", GOOD + text)
    assert good.support is not None
    assert bad.support is None
    assert bad.problem.startswith(f"{masks / 'm.toml'}:{line + 3}:1: ")
    assert problem in bad.problem


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('[[item]]\npath = "x\n', 2, "not TOML"),
        ("[[item]]\npath = [", 2, "not TOML"),
        ("", 1, "no [[item]] table"),
        ("item = 3\n", 1, "no [[item]] table"),
        ('files = ["x"]\n', 1, "unknown key 'files'"),
        (GOOD + '\n[defaults]\npath = "x"\n', 5, "[defaults]"),
        ("\udcff", 1, "not UTF-8"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_one_malformed_item(
    tmp_path: Path, text: str, line: int, problem: str
) -> None:
    path = tmp_path / "m.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    (item,) = collect([str(path)], Options())
    assert item.problem.startswith(f"{path}:{line}:")
    assert problem in item.problem


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("masks/blocks.txt", "1 cells where the header has 3"),
        ("masks/blocks.txt,one,5,6", "4 cells"),
        ("masks/blocks.txt,one,soon", "timeout is 'soon'"),
        (",one,5", "path is missing"),
    ],
)
def test_a_mistake_in_csv_is_told_with_its_line_and_the_other_items_are_read(
    masks: Path, row: str, problem: str
) -> None:
    text = f"path,name,timeout\n\n{row}\nmasks/blocks.txt,one,5\n"
    bad, good = _items(masks, "m.csv", text)
    assert good.support is not None
    assert bad.problem.startswith(f"{masks / 'm.csv'}:3:1: ")
    assert problem in bad.problem


@pytest.mark.parametrize(
    ("text", "line"), [("path,size\nx,1\n", 1), ("path,path\nx,y\n", 1), ('path\n"x\n', 2)]
)
def test_a_csv_manifest_that_cannot_be_read_is_one_malformed_item(
    tmp_path: Path, text: str, line: int
) -> None:
    (item,) = _items(tmp_path, "m.csv", text)
    assert item.problem.startswith(f"{tmp_path / 'm.csv'}:{line}:1: ")


def test_one_item_with_two_expectations_is_malformed(masks: Path) -> None:
    text = "path,name,expect\nmasks/blocks.txt,one,well-posed\nmasks/blocks.txt,one,ill-posed\n"
    good, bad = _items(masks, "m.csv", text)
    assert good.support is not None
    assert "different expectations" in bad.problem
