"""REDUCE, the computer algebra system around Redlog: how it is started, and what it prints beside answers.

REDUCE runs on one of two Lisps, CSL and PSL, whose command lines differ. All that is said here of CSL was seen on
recorded runs of revision 6261.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qeclose.engine.process import Program
from qeclose.engine.protocol import Limits

__all__ = ["complaint", "readable", "reduce_program", "version_in"]

# A heap of 16 MB does not start, one of 256 MB is as fast as one of 1024 MB on all that was measured.
_LEAST_HEAP_MB, _LARGEST_HEAP_MB = 128, 1024
# One prompt for each line of input, whether or not it ends a statement; a tail may begin in the midst of one.
_PROMPTS = re.compile(r"(?:^|(?<=\n))(?:\d*:? ?)?(?:\d+: )+|(?: ?\d+: )+(?=\n|$)")


@contextmanager
def reduce_program(path: Path, limits: Limits) -> Iterator[Program]:
    """REDUCE, to be run while this lasts: the folder for its temporary files is its own, and removed at the end.

    The script ``redcsl`` leaves a folder behind if it is killed early.
    """
    with tempfile.TemporaryDirectory(prefix="qeclose-", ignore_cleanup_errors=True) as folder:
        yield Program("redlog", path, _flags(path, limits), {"TMPDIR": folder}, bounded_addresses=False)


def _flags(path: Path, limits: Limits) -> tuple[str, ...]:
    """No window, no start-up file, and a heap of at most half the memory; REDUCE on PSL knows none of these flags.

    Without ``-K`` CSL maps half of the machine's memory, and collects no garbage until that is full.
    """
    if _is_psl(path):
        return ()
    heap = max(_LEAST_HEAP_MB, min(limits.memory_mb // 2, _LARGEST_HEAP_MB))
    return ("-w", "--no-rcfile", "-K", f"{heap}M")


def _is_psl(path: Path) -> bool:
    """Whether the program is REDUCE on PSL: by its name, that of the file behind it, or what a wrapper script runs."""
    if "psl" in path.name or "psl" in path.resolve().name:
        return True
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    return start.startswith(b"#!") and b"psl" in start and b"csl" not in start


def version_in(banner: str) -> str:
    """The version REDUCE's banner tells; empty if there is no banner."""
    match = re.search(r"R[Ee][Dd][Uu][Cc][Ee] \(([^)]*)\)", banner)
    return match[1].replace(",", "") if match else ""


def readable(output: str) -> str:
    """What REDUCE printed, for a person: without its prompts."""
    lines = (line.rstrip() for line in _PROMPTS.sub("", output).splitlines())
    return "\n".join(line for line in lines if line)


def complaint(line: str) -> str:
    """The words of a line of error, which may be none, and which a prompt may follow."""
    return re.sub(r"(?:\d+: ?)*$", "", line.strip()).strip("* ")
