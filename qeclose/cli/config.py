"""Defaults of options from ``[tool.qeclose]`` in pyproject.toml (docs/ci.md).

The nearest pyproject.toml with that table counts, from the working directory upwards, as far as the root of the git repository
if there is one. What decides what is asked, and how, may stand there; what names a file to write, a program to run or a
machine to work on may not, since a folder from somewhere else may bring a pyproject.toml along.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from qeclose.cli.terminal import FILE_NAME
from qeclose.errors import InputError

if TYPE_CHECKING:
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.model import Support

    Question = TypeVar("Question", bound=Support | BoundedSupport)

__all__ = ["config_note", "defaults_of", "noted"]

_KEPT = "qeclose.config"
_FILE = "pyproject.toml"
_REFUSED = frozenset(
    {
        "cache", "certificate", "clear", "dataset", "emit", "engine-path", "help", "html", "install", "jsonl", "junit",
        "max-size", "older-than", "output", "plot", "resume", "scheduler", "transcript", "version", "watch",
        "write-baseline",
    }
)  # fmt: skip
"""Options that stand on the command line only."""
_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?")
_PLACE = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


def defaults_of(
    name: str, command: click.Command, others: Callable[[], Iterator[tuple[str, click.Command]]]
) -> dict[str, Any]:
    """The defaults that the table has for a command, by its parameters' names.

    ``others`` gives all commands, to know a key that this one has not from a key that none has. Raises ``InputError`` with
    file, line and column on an unknown key and on a value that the option does not take.
    """
    found = _found()
    if found is None:
        return {}
    path, text, table = found
    reader = _Reader(path, text, others)
    chosen: dict[str, Any] = {}
    own: Mapping[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            reader.require_known(value, (key,), reader.command(key))
            own = value if key == name else own
        else:
            reader.require_known({key: value}, (), None)
            chosen |= reader.default(command, key, value, ())
    for key, value in own.items():
        chosen |= reader.default(command, key, value, (name,))
    click.get_current_context().meta[_KEPT] = path
    return chosen


def config_note() -> str:
    """Which options of this command came from pyproject.toml, in one line; "" if none did."""
    ctx = click.get_current_context(silent=True)
    if ctx is None or _KEPT not in ctx.meta:
        return ""
    used = [
        f"{_key(param)} = {_shown(ctx.params.get(param.name or ''))}"
        for param in ctx.command.params
        if ctx.get_parameter_source(param.name or "") is ParameterSource.DEFAULT_MAP
    ]
    return f"options from {ctx.meta[_KEPT]}: {', '.join(used)}" if used else ""


def noted(question: Question) -> Question:
    """The question with a note of the options that came from pyproject.toml, so that its report says it."""
    from qeclose.support.model import Support

    note = config_note()
    if not note or not isinstance(question, Support):
        return question
    with_note: Any = Support.of_factors(
        question.factors,
        missing=question.missing,
        name=question.name,
        source=question.source,
        names=question.names,
        notes=(*question.notes, note),
    )
    return with_note  # type: ignore[no-any-return]


def _found() -> tuple[str, str, Mapping[str, Any]] | None:
    """Path, text and table of the nearest pyproject.toml that has the table. Raises ``InputError`` if that one is no TOML."""
    try:
        here = Path.cwd()
    except OSError:
        return None
    for folder in (here, *here.parents):
        path = folder / _FILE
        try:
            text = path.read_text("utf-8")
        except (OSError, ValueError):
            text = ""
        if "qeclose" in text:
            table = _parsed(text, str(path))
            if table is not None:
                return str(path), text, table
        if (folder / ".git").exists():
            return None
    return None


def _parsed(text: str, path: str) -> Mapping[str, Any] | None:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if not re.search(r"tool\s*\.\s*qeclose", text):
            return None
        place = _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place and place[1] else (text.count("\n") + 1, 1)
        raise InputError(path, line, column, f"not TOML: {_PLACE.sub('', str(error))}") from None
    except (RecursionError, ValueError) as error:
        problem = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise InputError(path, 1, 1, f"not TOML that can be read: {problem}") from None
    tool = content.get("tool")
    table = tool.get("qeclose") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise InputError(path, 1, 1, "tool.qeclose is a table")
    return table


class _Reader:
    """Checks keys and values, and knows where they stand."""

    def __init__(
        self, path: str, text: str, others: Callable[[], Iterator[tuple[str, click.Command]]]
    ) -> None:
        self._path = path
        self._text = text
        self._others = others

    def command(self, key: str) -> click.Command:
        for name, command in self._others():
            if name == key:
                return command
        raise self._error(key, (), f"unknown key {key!r}: a table here has the name of a command")

    def require_known(
        self, table: Mapping[str, Any], where: tuple[str, ...], command: click.Command | None
    ) -> None:
        """Raise ``InputError`` for a key that is no option of the command, or of any if it is None."""
        for key, value in table.items():
            if key in _REFUSED:
                raise self._error(key, where, f"{key} is for the command line: here it could do harm")
            if command is not None:
                if not self.default(command, key, value, where):
                    raise self._error(
                        key, where, f"unknown key {key!r}: qeclose {where[0]} has no such option"
                    )
            elif not any(_option(other, key) for _, other in self._others()):
                raise self._error(key, where, f"unknown key {key!r}: no command has such an option")

    def default(
        self, command: click.Command, key: str, value: object, where: tuple[str, ...]
    ) -> dict[str, Any]:
        """The parameter with its value; nothing if the command has no such option."""
        param = _option(command, key)
        if param is None or param.name is None:
            return {}
        many = value if isinstance(value, list) and param.multiple else [value]
        try:
            taken = [self._taken(param, one) for one in many]
        except click.BadParameter as error:
            raise self._error(key, where, f"{key}: {error.message}") from None
        return {param.name: taken if param.multiple else taken[0]}

    def _taken(self, param: click.Option, value: object) -> object:
        if param.is_flag:
            if not isinstance(value, bool):
                raise click.BadParameter("true or false is wanted")
            return value
        number = isinstance(param.type, click.types.IntParamType | click.types.FloatParamType)
        if isinstance(value, bool) or not isinstance(value, (int, float) if number else str):
            raise click.BadParameter(f"{'a number' if number else 'text'} is wanted")
        if isinstance(value, float) and isinstance(param.type, click.types.IntParamType):
            raise click.BadParameter("a whole number is wanted")
        if isinstance(param.type, type(FILE_NAME)):
            return str(Path(self._path).parent / str(value))
        taken: object = param.type.convert(value, param, None)
        return taken

    def _error(self, key: str, where: tuple[str, ...], problem: str) -> InputError:
        line, column = _place(self._text, ("tool", "qeclose", *where), key)
        return InputError(self._path, line, column, problem)


def _option(command: click.Command, key: str) -> click.Option | None:
    for param in command.params:
        if isinstance(param, click.Option) and _key(param) == key:
            return param
    return None


def _key(param: click.Parameter) -> str:
    """The option's name in the table: its long name."""
    return max(param.opts, key=len).lstrip("-")


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _place(text: str, table: tuple[str, ...], key: str) -> tuple[int, int]:
    """Line and column of a key in a table, or of the table's head, or of the first line."""
    wanted = re.compile(rf"\s*(?:tool\.qeclose\.)?[\"']?{re.escape(key)}[\"']?\s*[=.]")
    current: tuple[str, ...] = ()
    head = 1
    for number, line in enumerate(text.split("\n"), 1):
        if match := _TABLE.fullmatch(line.rstrip("\r")):
            current = tuple(part.strip().strip("\"'") for part in match[1].split("."))
            if current == (*table, key):
                return number, line.index("[") + 1
            head = number if current == table else head
        elif current == table and wanted.match(line):
            return number, len(line) - len(line.lstrip()) + 1
    return head, 1
