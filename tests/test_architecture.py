"""The floors of the house: which room may import which, no circles, small rooms, and heavy libraries inside functions.

docs/architecture.md prints `ROOMS`; ``python tests/test_architecture.py`` writes it there.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

import pytest

import qeclose

PACKAGE = Path(qeclose.__file__).parent
PAGE = PACKAGE.parent / "docs" / "architecture.md"

ROOMS: dict[str, str] = {
    "errors": "",
    "supervise": "errors",
    "support": "errors",
    "proof": "errors support",
    "files": "errors support",
    "formula": "support",
    "engine": "errors supervise formula",
    "problem": "supervise support",
    "algebra": "proof problem",
    "presolve": "support proof problem algebra",
    "table": "support",
    "certify": "support proof problem algebra presolve table",
    "checker": "errors",
    "attest": "errors support formula engine checker",
    "decide": "errors supervise support formula engine problem algebra presolve proof certify checker attest",
    "networks": "errors support files formula engine proof decide",
    "torch": "support decide networks",
    "report": "support files engine decide networks",
    "location": "errors support proof formula engine problem algebra presolve certify decide report",
    "findings": "errors files decide report",
    "batch": "errors supervise support files engine proof checker attest decide report findings",
    "repairs": "errors support proof certify decide report",
    "sampling": "errors support proof table decide batch",
    "fitting": "errors supervise support problem presolve decide report sampling",
    "explaining": "errors support table certify decide report repairs",
    "pages": "support proof algebra decide report batch explaining",
    "cli": "errors supervise support files formula engine checker attest decide networks report location batch repairs sampling "
    "explaining fitting pages findings",
}
"""From the ground up: a room, and the rooms below it that it imports (those for type annotations included)."""

UPWARD: dict[tuple[str, str], str] = {
    ("support.model", "files.text"): "Support.parse() reads the text of a mask file",
    ("support.bounded", "files.bounds"): "BoundedSupport.parse(), likewise",
    ("decide.verdict", "report.plain"): "Verdict.report() is the plain report",
    ("support.model", "pages.notebook"): "how a value shows itself in a notebook",
    ("decide.verdict", "pages.notebook"): "likewise, and its plot()",
    ("decide.witness", "pages.notebook"): "likewise",
    ("decide.witness", "decide.evaluation"): "Witness.at(), which evaluation knows of",
    ("explaining.explanation", "pages.notebook"): "likewise",
    ("explaining.explanation", "explaining.text"): "the report() of an explanation, likewise",
    ("networks.relu", "report.training"): "the report() of what relu() returns",
}
"""The imports that go up, from one module to another. All stand in the function that needs them."""

HEAVY = {
    "cvc5",
    "distributed",
    "flint",
    "igraph",
    "matplotlib",
    "numpy",
    "pexpect",
    "psutil",
    "rich",
    "safetensors",
    "scipy",
}
HEAVY |= {"sympy", "torch", "z3"}
"""Libraries that take their time to load, or need not be there."""

ONCE_IN_A_WHILE = {"fcntl", "importlib", "pathlib", "random", "resource", "traceback", "zipfile"}
"""Modules of the standard library that one function needs, rarely, or not on every system."""

LATE: dict[str, str] = {
    "formula": "formulas are built when an engine is asked, not where theorems decide",
    "engine": "engines are looked for when one is asked",
    "certify": "the search is loaded when it begins",
    "presolve": "as the search",
    "problem": "as the search",
    "algebra": "as the search",
    "checker": "the checker is loaded when there is a certificate",
    "attest": "as the checker",
}
"""Rooms that may be imported inside functions by rooms above them, so that a command loads what it uses only."""

LATE_MODULES: dict[tuple[str, str], str] = {
    ("certify", "certify.pairs.decide"): "the whole search, where one module of the room is not enough",
    ("engine.registry", "engine.*"): "an engine's module, when that engine is asked for",
    ("files.*", "files.*"): "a format's module, when a file has that format",
    ("networks.*", "networks.*"): "what reads models of PyTorch, when there is one",
}
"""Single modules that are imported inside functions; * stands for any."""

SIDE_BY_SIDE = 12
WIDE: dict[str, tuple[int, str]] = {
    "checker": (30, "a kernel: one module a kind of claim, and nothing from other rooms"),
    "cli": (27, "one module a command, and what they share"),
    "decide": (
        17,
        "the question, the ways to answer it, and the verdict; methods have a folder of their own",
    ),
    "engine": (16, "five engines, and how programs are found, asked and ended"),
    "files": (20, "one module a format"),
    "formula": (16, "its printers and parsers have folders of their own"),
    "networks": (17, "theorems, data sets, and what reads models"),
    "support": (16, "the question as a value, its families and its symmetries"),
}
"""Folders with more modules side by side: how many at most, and why."""


@dataclass(frozen=True)
class Import:
    """``module`` imports ``target``, both as dotted names (``qeclose.`` left out for modules of the package)."""

    module: str
    target: str
    own: bool
    inside: bool  # in a function
    typing: bool  # for annotations only


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@lru_cache(maxsize=1)
def modules() -> frozenset[str]:
    return frozenset(name_of(path) for path in PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> Iterator[Import]:
    pending: list[tuple[ast.AST, bool, bool]] = [(ast.parse(path.read_text()), False, False)]
    while pending:
        node, inside, typing = pending.pop()
        for target in targets(node):
            own = target.partition(".")[0] == "qeclose"
            yield Import(name_of(path), target.removeprefix("qeclose").removeprefix("."), own, inside, typing)
        inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += [(child, inside, True) for child in node.body]
            pending += [(child, inside, typing) for child in node.orelse]
        else:
            pending += [(child, inside, typing) for child in ast.iter_child_nodes(node)]


def targets(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module, "relative imports are not used"
        for alias in node.names:
            below = f"{node.module}.{alias.name}"
            yield below if below.removeprefix("qeclose.") in modules() else node.module


@lru_cache(maxsize=1)
def every_import() -> tuple[Import, ...]:
    return tuple(found for path in sorted(PACKAGE.rglob("*.py")) for found in imports_of(path))


def room(module: str) -> str:
    return module.partition(".")[0]


def allowed(name: str) -> set[str]:
    return set(ROOMS[name].split())


def between_rooms() -> Iterator[Import]:
    """Imports between rooms; ``qeclose`` itself (the version) may be imported by all, and imports all."""
    for each in every_import():
        if each.own and each.target and room(each.module) not in ("", "__main__", room(each.target)):
            yield each


def table() -> list[str]:
    """A list: the rooms below the upper ones do not go into a cell of a table."""
    lines = []
    for name, below in ROOMS.items():
        listed = ", ".join(f"`{other}`" for other in below.split()) or "the standard library only"
        lines += textwrap.wrap(f"- `{name}` ← {listed}", 120, subsequent_indent="  ")
    return [
        *lines,
        "",
        *(f"- `{module}` imports `{target}`: {why}." for (module, target), why in UPWARD.items()),
    ]


def test_every_room_is_in_the_table() -> None:
    found = {room(name) for name in modules()} - {"", "__main__"}
    assert found == set(ROOMS)


def test_the_table_goes_up_and_so_has_no_circles() -> None:
    floors = list(ROOMS)
    for name in floors:
        assert allowed(name) <= set(floors[: floors.index(name)]), name


def test_rooms_import_rooms_below_them_as_the_table_says() -> None:
    wrong = [
        f"{each.module} imports {each.target}"
        for each in between_rooms()
        if room(each.target) not in allowed(room(each.module)) and (each.module, each.target) not in UPWARD
    ]
    assert not wrong, "\n".join(wrong)


def test_the_table_allows_nothing_that_is_not_used() -> None:
    used = defaultdict(set)
    for each in between_rooms():
        used[room(each.module)].add(room(each.target))
    unused = {name: allowed(name) - used[name] for name in ROOMS if allowed(name) - used[name]}
    assert not unused
    assert set(UPWARD) <= {(each.module, each.target) for each in every_import() if each.inside}


def test_no_module_imports_itself_by_way_of_others() -> None:
    after: dict[str, set[str]] = defaultdict(set)
    for each in every_import():
        if each.own and not each.typing and (each.module, each.target) not in UPWARD:
            after[each.module].add(each.target)
    assert not circle(after)


def circle(after: Mapping[str, Iterable[str]]) -> list[str]:
    """A circle of the graph as a list of its nodes, or an empty list."""
    done: set[str] = set()
    for start in list(after):
        way: list[str] = []
        pending = [(start, False)]
        while pending:
            node, leaving = pending.pop()
            if leaving:
                way.pop()
                done.add(node)
            elif node in way:
                return [*way[way.index(node) :], node]
            elif node not in done:
                way.append(node)
                pending += [(node, True), *((other, False) for other in after.get(node, ()))]
    return []


@pytest.mark.parametrize(
    ("graph", "found"), [({"a": "b", "b": "c"}, []), ({"a": "b", "b": "ca"}, ["a", "b", "a"])]
)
def test_circles_are_found(graph: dict[str, str], found: list[str]) -> None:
    assert circle(graph) == found


def test_imports_inside_functions_are_of_what_is_heavy_or_seldom_needed() -> None:
    wrong = [
        f"{each.module} imports {each.target or 'qeclose'} inside a function"
        for each in every_import()
        if each.inside and not each.typing and not may_be_inside(each)
    ]
    assert not wrong, "\n".join(sorted(wrong))


def may_be_inside(each: Import) -> bool:
    if not each.own:
        return room(each.target) in HEAVY | ONCE_IN_A_WHILE | {"click"}
    if each.target == "" or room(each.module) in ("", "cli"):
        return True  # the version; commands are loaded when they run
    late = any(fnmatch(each.module, one) and fnmatch(each.target, other) for one, other in LATE_MODULES)
    between = room(each.target) in LATE and room(each.module) != room(each.target)
    return late or between or (each.module, each.target) in UPWARD


def test_heavy_libraries_are_imported_inside_functions() -> None:
    wrong = [
        f"{each.module} imports {each.target}"
        for each in every_import()
        if not each.own and not each.inside and not each.typing and room(each.target) in HEAVY
    ]
    assert not wrong, "\n".join(wrong)


def test_help_loads_no_room_but_the_commands() -> None:
    program = "import sys, qeclose.cli.app as a; print(*sorted(m.split('.')[1] for m in sys.modules if m.startswith('qeclose.')))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) <= {"cli", "errors", "report"}


def test_rooms_are_small() -> None:
    beside = Counter(
        str(path.parent.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if path.stem not in ("__init__", "__main__")
    )
    too_many = {
        name: count for name, count in beside.items() if count > WIDE.get(name, (SIDE_BY_SIDE, ""))[0]
    }
    assert not too_many
    grown_small = [name for name in WIDE if beside[name] <= SIDE_BY_SIDE]
    assert not grown_small


def printed(page: str) -> tuple[str, list[str], str]:
    before, begin, rest = page.partition("<!-- the table of tests/test_architecture.py -->\n")
    listed, end, after = rest.partition("<!-- end of the table -->")
    assert begin and end
    return before + begin, listed.strip().splitlines(), end + after


def test_the_page_on_architecture_prints_the_table() -> None:
    assert printed(PAGE.read_text())[1] == table(), "run: python tests/test_architecture.py"


def test_the_page_on_architecture_leads_to_what_is_asked_for() -> None:
    rows = re.findall(r"^\| (.*?\?) \| `([a-z_/]+\.py)`(?:: `(\w+)`)? \|$", PAGE.read_text(), re.MULTILINE)
    assert len(rows) == 11
    for question, path, name in rows:
        assert re.search(rf"^(async )?(def |class )?{name}\b", (PACKAGE / path).read_text(), re.MULTILINE), (
            question
        )


if __name__ == "__main__":
    before, _, after = printed(PAGE.read_text())
    PAGE.write_text(before + "\n" + "\n".join(table()) + "\n\n" + after)
