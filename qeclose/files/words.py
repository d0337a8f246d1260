"""Many decimal numbers at once: where the words of a text stand, and which of them are zero, by numpy on the bytes.

scipy's and numpy's parsers are as fast, but they read into floats, where 1e-400 is 0, and scipy's (1.17) ends the whole process
on some damaged files. Here each byte is looked at by the grammar of ``numbers.NUMBER``, and memory cannot be left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Words"]

_BLANKS = b" \t\n"
_DIGITS = b"0123456789"
_ALL = _DIGITS + b"+-.eE" + _BLANKS
_MAX_DIGITS = 9

# What may follow what in numbers between blanks.
_BLANK, _DIGIT, _SIGN, _POINT, _EXPONENT = range(5)
_FOLLOWS = {
    _BLANK: {_BLANK, _DIGIT, _SIGN, _POINT},
    _DIGIT: {_BLANK, _DIGIT, _POINT, _EXPONENT},
    _SIGN: {_DIGIT, _POINT},
    _POINT: {_BLANK, _DIGIT, _EXPONENT},
    _EXPONENT: {_DIGIT, _SIGN},
}
_ALLOWED = bytes(before * len(_FOLLOWS) + after for before in _FOLLOWS for after in _FOLLOWS[before])


def _kind(letter: int) -> int:
    kinds = {
        **dict.fromkeys(_DIGITS, _DIGIT),
        **dict.fromkeys(b"+-", _SIGN),
        **dict.fromkeys(b"eE", _EXPONENT),
    }
    return _POINT if letter == ord(".") else kinds.get(letter, _BLANK)


_KINDS = bytes(map(_kind, range(256)))


@final
@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text: its bytes, which of them begin a word, and where these are."""

    letters: NDArray[np.uint8]
    begins: NDArray[np.bool_]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, text: bytes) -> Words | None:
        """The words of a text of nothing but the letters of decimal numbers, blanks, tabs and line feeds; else None."""
        import numpy as np

        if text.translate(None, _ALL):
            return None
        # A line feed at either end spares all special cases there.
        letters = np.frombuffer(b"\n" + text + b"\n", np.uint8)
        visible = letters > ord(" ")
        begins = np.zeros(len(letters), np.bool_)
        begins[1:] = visible[1:] & ~visible[:-1]
        return cls(letters, begins, np.flatnonzero(begins))

    def __len__(self) -> int:
        return len(self.starts)

    def fill_lines_of(self, width: int) -> bool:
        """Whether each line with words has ``width`` of them."""
        import numpy as np

        breaks = np.flatnonzero(self.letters == ord("\n"))
        in_lines = np.diff(np.cumsum(self.begins, dtype=np.int32)[breaks])
        return bool(((in_lines == width) | (in_lines == 0)).all())

    def counts(self, which: slice) -> NDArray[np.int64] | None:
        """The whole numbers that are the words ``which``; None unless all are written in few digits and nothing else."""
        import numpy as np

        places = self.starts[which].copy()
        numbers = np.zeros(len(places), np.int64)
        within = np.ones(len(places), np.bool_)
        for _ in range(_MAX_DIGITS + 1):
            letters = self.letters[places]
            within = letters > ord(" ")
            if not within.any():
                return numbers
            digits = letters - np.uint8(ord("0"))
            if (digits[within] > 9).any():
                return None
            numbers = np.where(within, 10 * numbers + digits, numbers)
            places += within
        return None

    def nonzero(self) -> NDArray[np.bool_] | None:
        """Which words are numbers other than 0; None unless all words are numbers, as ``numbers.NUMBER`` has them."""
        import numpy as np

        kind = np.frombuffer(self.letters.tobytes().translate(_KINDS), np.uint8)
        pairs = kind[:-1] * np.uint8(len(_FOLLOWS)) + kind[1:]
        if pairs.tobytes().translate(None, _ALLOWED):
            return None
        points, exponents = np.flatnonzero(kind == _POINT), np.flatnonzero(kind == _EXPONENT)
        if not ((kind[points - 1] == _DIGIT) | (kind[points + 1] == _DIGIT)).all():
            return None
        if not self._numbers_have_one(points, exponents):
            return None
        # A number is what stands before its exponent.
        ends = np.append(self.starts[1:], len(kind) - 1)
        ends[np.searchsorted(self.starts, exponents) - 1] = exponents
        digits = (kind == _DIGIT) & (self.letters != ord("0"))
        seen = np.cumsum(digits, dtype=np.int32)
        return np.asarray(seen[ends - 1] > seen[self.starts - 1])

    def _numbers_have_one(self, points: NDArray[np.intp], exponents: NDArray[np.intp]) -> bool:
        """Whether each word has one point and one exponent at most, the point first."""
        import numpy as np

        pointed = np.searchsorted(self.starts, points, "right") - 1
        raised = np.searchsorted(self.starts, exponents, "right") - 1
        if (pointed[1:] == pointed[:-1]).any() or (raised[1:] == raised[:-1]).any():
            return False
        point_of = np.zeros(len(self.starts), np.intp)
        point_of[pointed] = points
        return bool((point_of[raised] < exponents).all())
