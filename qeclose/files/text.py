"""The text format of mask files: ``docs/mask-files.md`` defines it.

Rows are turned into bitsets whole, never entry by entry, so that 4096×4096 masks are no burden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import final

from qeclose.errors import InputError, UsageError
from qeclose.files.sections import LABELS, SECTION, Section, assemble
from qeclose.files.tokens import Row, looks_like_a_column, read_rows
from qeclose.support.limits import MAX_SIDE, too_large
from qeclose.support.mask import INSIDE, OUTSIDE, Mask
from qeclose.support.model import Support

__all__ = [
    "block_lines",
    "decode",
    "format_many",
    "format_support",
    "numbered_lines",
    "parse_many",
    "parse_one",
]

_BLANKS = " \t"
_SHORT = 16
_SMALL = 64
# A longer word is no number that anybody writes.
_LONGEST_NUMBER = 64
_TO_DIGITS = str.maketrans(
    {**dict.fromkeys(INSIDE, "1"), **dict.fromkeys(OUTSIDE, "0"), **dict.fromkeys(_BLANKS)}
)


def parse_many(text: str, source: str = "<string>") -> list[Support]:
    """The supports written in ``text``, in its order; one without a ``== name ==`` line has the name "".

    Raises ``InputError`` with the line and column of the first mistake.
    """
    return [support for _, support in _parse(text, source)]


def parse_one(text: str, source: str = "<string>") -> Support:
    """The one support written in ``text``.

    Raises ``InputError`` as ``parse_many`` does, and at the second block if there is one.
    """
    blocks = _parse(text, source)
    if len(blocks) > 1:
        raise InputError(source, blocks[1][0], 1, f"{len(blocks)} supports here, where one is wanted")
    return blocks[0][1]


def format_support(support: Support, *, comment: str = "") -> str:
    """``support`` as text which ``parse_one`` reads back, its name included.

    Two factors are written as I and J, more as F1 … FL; ``comment`` lines go first. Raises ``UsageError``
    for a mask without entries and for a name no ``== name ==`` line can hold.
    """
    pieces = [f"# {line}\n" for line in comment.splitlines()]
    if support.name:
        pieces.append(f"== {_writable(support.name)} ==\n")
    if len(support.factors) == 2:
        labelled = [("I", support.I), ("J", support.J)]
    else:
        labelled = [(f"F{number}", factor) for number, factor in enumerate(support.factors, 1)]
    if support.missing is not None:
        labelled.append(("W", support.missing))
    for label, mask in labelled:
        if 0 in mask.shape:
            raise UsageError(f"{label} has no entries; a mask file cannot hold it")
        pieces.append(f"{label}:\n")
        pieces.extend(f"{row}\n" for row in mask.to_strings())
    return "".join(pieces)


def format_many(supports: Iterable[Support]) -> str:
    """``supports`` as named blocks which ``parse_many`` reads back.

    Raises ``UsageError`` as ``format_support`` does, and unless several supports have different names.
    """
    listed = list(supports)
    names = [support.name for support in listed]
    if len(listed) > 1 and ("" in names or len(set(names)) < len(names)):
        raise UsageError("several supports go into one mask file only under different names")
    return "\n".join(map(format_support, listed))


def decode(data: bytes, source: str) -> str:
    """``data`` as UTF-8 text. Raises ``InputError`` at the first byte that is not."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(source, 1, 1, "UTF-16 text: save it as UTF-8")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode().replace("\r\n", "\n").replace("\r", "\n")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise InputError(source, line, column, f"not UTF-8 text (byte 0x{data[error.start]:02x})") from None


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of ``text`` with their numbers; a line ends in LF, CRLF or CR, and a leading BOM is dropped.

    One line is copied at a time. ``str.splitlines`` would also break lines at form feeds and the like,
    so that the numbers would not be those an editor shows.
    """
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    number, start = 1, 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield number, text[start:end]
        number, start = number + 1, end + 1


def block_lines(text: str) -> dict[str, int]:
    """The line where each block begins, by its name; under "" that of the first section of a text without blocks."""
    found: dict[str, int] = {}
    for number, line in numbered_lines(text):
        bare = line.partition("#")[0].strip()
        if bare.startswith("=="):
            found.setdefault(bare[2:-2].strip(), number)
        elif not found and ":" in bare and SECTION.fullmatch(bare.partition(":")[0].strip()):
            found[""] = number
    return found


def _parse(text: str, source: str) -> list[tuple[int, Support]]:
    parser = _Parser(source)
    for number, line in numbered_lines(text):
        if line in parser.known:
            parser.row(number, line)
            continue
        if line in parser.labels:
            parser.open(number, parser.labels[line])
            continue
        body = line.partition("#")[0]
        bare = body.strip()
        if not bare:
            continue
        if bare.startswith("=="):
            parser.block(number, body, bare)
        elif ":" in bare:
            parser.label(number, body)
        else:
            parser.row(number, body)
    return parser.finish()


def _writable(name: str) -> str:
    if "#" in name or name != name.strip() or not name.isprintable():
        raise UsageError(f"the name {name!r} cannot be written in a mask file")
    return name


@lru_cache(maxsize=10_000)
def _small_mask(rows: tuple[int, ...], width: int) -> Mask:
    """The same mask each time, so that what is found out about it need not be found again."""
    return Mask(rows, width)


@final
class _Parser:
    """What has been read so far: finished blocks, finished sections of this block, rows of this section."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.blocks: list[tuple[int, Support]] = []
        self.seen: dict[str, int] = {}
        self.name = ""
        self.block_line = 0
        self.sections: list[Section] = []
        self.open_label = ""
        self.label_line = 0
        self.width = 0
        self.rows: list[int] = []
        # Of this section, for its rows may turn out to be numbers; whether none is likely to be.
        self.bodies: list[Row] = []
        self.plain = True
        self.notes: list[str] = []
        # Short rows and labels come again and again.
        self.known: dict[str, tuple[int, int, bool]] = {}
        self.labels: dict[str, str] = {}

    def block(self, line: int, body: str, bare: str) -> None:
        start = body.index("==") + 1
        name = bare[2:-2].strip() if len(bare) >= 4 and bare.endswith("==") else ""
        if not name or not name.isprintable():
            raise self._error(line, start, "a block starts with a line `== name ==`")
        if not self.name and (self.sections or self.open_label):
            raise self._error(line, start, "the sections above this line belong to no block; name them too")
        if name in self.seen:
            raise self._error(
                line, start, f"the name {name!r} is taken by the block in line {self.seen[name]}"
            )
        self._close_block()
        self.seen[name] = line
        self.name, self.block_line = name, line

    def label(self, line: int, body: str) -> None:
        before, _, after = body.partition(":")
        label, start = before.strip(), len(before) - len(before.lstrip()) + 1
        if not SECTION.fullmatch(label):
            raise self._error(line, start, f"unknown section {label!r}: a section is {LABELS}")
        if after.strip():
            # Blanks between entries are optional, so `I: 10 11` could mean one row or two.
            column = len(body) - len(after.lstrip()) + 1
            if "=" in after:
                raise self._error(
                    line, column, "bounds in place of a mask, which check, batch and verify alone read"
                )
            raise self._error(line, column, f"the rows of {label} start on the line after `{label}:`")
        self.labels[body] = label
        self.open(line, label)

    def open(self, line: int, label: str) -> None:
        self._close_section()
        self.open_label, self.label_line = label, line

    def row(self, line: int, body: str) -> None:
        bitset, width, plain = self.known.get(body) or self._read(line, body)
        if not self.open_label:
            column = len(body) - len(body.lstrip()) + 1
            raise self._error(line, column, f"a row before any section label ({LABELS})")
        if not self.rows:
            self.width = width
        if len(self.rows) == MAX_SIDE or self.width > MAX_SIDE:
            raise self._error(line, 1, f"{self.open_label} is too large: at most {MAX_SIDE} rows or columns")
        if width != self.width and self.width > _LONGEST_NUMBER and plain and self.plain:
            raise self._ragged(line, body, width)
        self.plain = self.plain and plain and width == self.width
        self.rows.append(bitset)
        long = plain and len(body) > _LONGEST_NUMBER and len(body.split()) == 1
        self.bodies.append(Row(line, "" if long else body, width))

    def _read(self, line: int, body: str) -> tuple[int, int, bool]:
        """The row as a bitset, its width (-1: not entries), and whether it has no word of several characters but itself."""
        digits = body.translate(_TO_DIGITS)
        words = len(body.split())
        if digits.count("0") + digits.count("1") != len(digits):
            if words == 1 and len(digits) > _LONGEST_NUMBER:
                raise self._wrong_character(line, body)
            return 0, -1, False
        row = int(digits[::-1], 2), len(digits), words in (1, len(digits))
        if len(body) <= _SHORT:
            self.known[body] = row
        return row

    def finish(self) -> list[tuple[int, Support]]:
        self._close_block()
        if not self.blocks:
            raise self._error(1, 1, f"empty: no section ({LABELS})")
        return self.blocks

    def _close_block(self) -> None:
        self._close_section()
        if not self.sections:
            if self.name:
                raise self._error(self.block_line, 1, f"block {self.name!r} has no section")
            return
        support = assemble(self.sections, source=self.source, name=self.name, notes=self.notes)
        self.blocks.append((self.block_line or self.sections[0].line, support))
        self.sections, self.notes = [], []

    def _close_section(self) -> None:
        if not self.open_label:
            return
        if not self.rows:
            raise self._error(self.label_line, 1, f"section {self.open_label} has no rows")
        if problem := too_large(len(self.rows), self.width):
            raise self._error(self.label_line, 1, f"{self.open_label}: {problem}")
        self._settle_doubts()
        rows = tuple(self.rows)
        mask = _small_mask(rows, self.width) if self.width * len(rows) <= _SMALL else Mask(rows, self.width)
        self.sections.append(Section(self.open_label, mask, self.label_line))
        self.open_label, self.rows, self.bodies, self.plain = "", [], [], True

    def _settle_doubts(self) -> None:
        """Read the rows of this section again as numbers if they are numbers; raise ``InputError`` if they may be."""
        if self.plain:
            if self.width > 1 and looks_like_a_column(self.bodies):
                line, word = self.bodies[0].line, self.bodies[0].body.strip()
                column = self.bodies[0].body.index(word) + 1
                how = "write 0 and 1, or use one character for outside"
                raise self._error(line, column, f"{word!r} is one number or {len(word)} entries: {how}")
            return
        numbers = read_rows(self.bodies, self.open_label, self.source)
        if numbers is None:
            self._require_entries()
            return
        self.rows, self.width = [bitset for bitset, _ in numbers], numbers[0][1]
        meaning = "missing" if self.open_label == "W" else "inside"
        self.notes.append(f"{self.open_label}: read as numbers, nonzero is {meaning}")

    def _require_entries(self) -> None:
        """Raise ``InputError`` at the first row that is not entries, or not as many as the rows above."""
        self.width = self.bodies[0].width
        for number, row in enumerate(self.bodies):
            if row.width < 0:
                raise self._wrong_character(row.line, row.body)
            if row.width != self.width:
                del self.rows[number:]
                raise self._ragged(row.line, row.body, row.width)

    def _wrong_character(self, line: int, body: str) -> InputError:
        wrong = next(column for column, character in enumerate(body, 1) if ord(character) not in _TO_DIGITS)
        problem = f"{body[wrong - 1]!r} is no entry: inside is one of {' '.join(INSIDE)}, outside one of "
        return self._error(line, wrong, problem + " ".join(OUTSIDE))

    def _ragged(self, line: int, body: str, length: int) -> InputError:
        """The error for a row of another length; the text of a long one may be lost (its last column is said then)."""
        entries = [column for column, character in enumerate(body, 1) if character not in _BLANKS]
        column = 1 if not body else entries[self.width] if length > self.width else entries[-1] + 1
        number = len(self.rows) + 1
        problem = f"row {number} of {self.open_label} has {length} entries, the rows above have {self.width}"
        return self._error(line, column, problem)

    def _error(self, line: int, column: int, problem: str) -> InputError:
        return InputError(self.source, line, column, problem)
