"""Every error qeclose raises on purpose, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "CertificateError",
    "EngineCrashed",
    "EngineError",
    "EngineGarbled",
    "EngineNotFound",
    "InputError",
    "LimitReached",
    "NotAMask",
    "OutOfMemory",
    "OutOfTime",
    "QecloseError",
    "Unforeseen",
    "UsageError",
]


_LONGEST = 300


class QecloseError(Exception):
    """Base class of the errors qeclose raises on purpose; ``str(error)`` is one line for the user."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle would call the class with the message, which is not what its subclasses take.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[QecloseError], args: tuple[Any, ...], state: dict[str, Any]) -> QecloseError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class Unforeseen(QecloseError):
    """Something went wrong in qeclose itself that nobody thought of (exit status 4)."""

    @classmethod
    def of(cls, error: BaseException) -> Unforeseen:
        """The error that stands for ``error``: one line, with the place in qeclose's code."""
        import traceback

        frames = [f for f in traceback.extract_tb(error.__traceback__) if "qeclose" in f.filename]
        place = f" [{frames[-1].filename.rpartition('qeclose/')[2]}:{frames[-1].lineno}]" if frames else ""
        said = " ".join(str(error).split())[:_LONGEST]
        return cls(f"internal error: {type(error).__name__}{': ' if said else ''}{said}{place}")


class UsageError(QecloseError):
    """The request makes no sense, whatever the input says, or its result cannot be written (exit status 2)."""

    @classmethod
    def unwritable(cls, path: str | Path, error: OSError) -> UsageError:
        """The error for a file that cannot be written."""
        return cls(f"cannot write {path}: {error.strerror or error}")


class InputError(QecloseError):
    """A file cannot be read as what it should be (exit status 2).

    ``line`` and ``column`` count from 1; 0 stands for "the file as a whole".
    """

    def __init__(self, source: str, line: int, column: int, problem: str) -> None:
        super().__init__(f"{source}:{line}:{column}: {problem}")
        self.source = source
        self.line = line
        self.column = column
        self.problem = problem


class NotAMask(QecloseError, TypeError, ValueError):
    """What was given to ``Support`` from Python is no mask; the message says what is taken.

    A ``TypeError``, since most often it is of a wrong type, and a ``ValueError`` for rows of different lengths and NaN.
    """


class CertificateError(QecloseError):
    """A certificate does not prove what it claims; the message says where it breaks."""


class EngineError(QecloseError):
    """An engine did not do its work (exit status 4).

    ``tail`` holds the last lines the engine printed.
    """

    def __init__(self, engine: str, problem: str, tail: str = "") -> None:
        problem = " ".join(problem.split())  # it may quote the engine, which may break lines anywhere
        super().__init__(f"{engine}: {problem}" + (f" (last output: {tail!r})" if tail else ""))
        self.engine = engine
        self.problem = problem
        self.tail = tail


class EngineNotFound(EngineError):
    """No binary of this engine is installed, or the path given is no executable file."""


class EngineCrashed(EngineError):
    """The engine's process ended before it answered, or reported an error of its own."""


class EngineGarbled(EngineError):
    """The engine said something that is no answer: an unexpected prompt, or text that does not parse."""


class LimitReached(EngineError):
    """The engine was stopped by a limit; the question stays undecided (exit status 3)."""


class OutOfTime(LimitReached):
    """The wall-clock deadline passed."""


class OutOfMemory(LimitReached):
    """The engine asked for more memory than it was allowed."""
