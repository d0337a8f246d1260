#!/usr/bin/env python3
"""A stand-in for REDUCE (CSL) with Redlog, made from recorded runs of the real one (../recordings).

An input that was recorded gets the recorded output. Any other session is played by the same rules: banner, the
prompt ``1: `` for each line of input, ``$`` behind each result, a marker that is printed before the formula is worked
on, answers from the recordings, ``*****`` errors, the echo of a line that does not parse, exit status 0 whatever
happened. Output comes in one piece at the end, as from a program that buffers a pipe.

Like the real one it maps its heap at the start: what ``-K`` says, or half of the machine's memory. If it may not, it
ends without a banner. It keeps a folder ``cg…`` in TMPDIR, which stays if it is killed. FAKE_REDUCE in the environment
names the recording that is played, whatever was asked; two of them never end. Called redpsl, it knows no flags.
"""

import os
import re
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

RECORDINGS = Path(__file__).parent.parent / "recordings"
BANNER = "Reduce (CSL, rev 6261), 23-Nov-2026 ...\n"
PSL_BANNER = "Reduce (Free PSL version, revision 6261), 23-Nov-2026 ...\n"
REDLOG = (
    "Redlog Revision 6174 of 2021-11-15, 15:53:14Z\n"
    "(c) 1992-2021 T. Sturm and A. Dolzmann (www.redlog.eu)\n"
    "type ?; for help\n"
)
WRITE = re.compile(r'write "([^"]*)",\s*(.*),\s*"([^"]*)"', re.DOTALL)
END_OF_FILE = '\n+++ error: (99 "End-of-file read") "End-of-file read"\nLeaving REDUCE ... \n'
LEAST_HEAP = 32 * 2**20


def canonical(formula: str) -> str:
    """The formula as qeclose prints it, in one line, so that other ways to write it are recognised."""
    # Here, since most sessions replay a recording and need none of it.
    from qeclose.formula.normal_forms import nnf
    from qeclose.formula.parsers import parse_redlog
    from qeclose.formula.printers.redlog import to_redlog

    return " ".join(to_redlog(nnf(parse_redlog(formula))).split())


def recorded_answers() -> dict[str, str]:
    """The answers by question; not those to questions about REDUCE's own words, which are wrong."""
    answers = {}
    for path in sorted(RECORDINGS.glob("*.in")):
        if path.stem.startswith("name-"):
            continue
        questions = re.findall(r'write "<<<", rlqe (.*?), ">>>";', path.read_text(), re.DOTALL)
        said = re.findall(r"\n<<<(.*?)>\n?>\n?>\$", path.with_suffix(".out").read_text(), re.DOTALL)
        if len(questions) == len(said):
            joined = (answer.replace("\n", "") for answer in said)
            answers.update({canonical(q): a for q, a in zip(questions, joined, strict=True)})
    return answers


def wrapped(text: str, width: int) -> str:
    """REDUCE breaks a line where the next word does not fit; blanks stay with the words before."""
    lines = [""]
    for word in re.findall(r"\S+\s*|\s+", text):
        if len(lines[-1]) + len(word.rstrip()) > width and lines[-1]:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def result_of(statement: str, answers: dict[str, str], width: int) -> str:
    """What one statement prints."""
    if statement == "load_package redlog":
        return REDLOG
    if statement == "rlset reals":
        return "\n{}$\n"
    if statement.startswith("linelength"):
        return "\nt$\n"
    if statement.startswith(("off ", "on ")):
        return ""
    match = WRITE.fullmatch(statement)
    if match is None:
        return f"\n***** {statement.split()[0]} is not understood by the stand-in\n"
    begin, expression, end = match.groups()
    formula = expression.removeprefix("rlqe ").strip()
    try:
        key = canonical(formula)
    except ValueError:
        echo = statement.replace('"', "").replace(", ", ",")
        return f"\n{echo}$$$\nat line 2\n\n***** Too few right parentheses \n"
    if key not in answers:
        return f"\n{begin}\n***** no recording answers this\n"
    return "\n" + wrapped(f"{begin}{answers[key]}{end}$", width) + "\n"


def complete_statements(text: str) -> Iterator[tuple[str, int]]:
    """Each statement that is complete, and where what follows it begins."""
    for match in re.finditer(r'((?:"[^"]*"|[^";])*);', text):
        yield match[1].strip(), match.end()


def session(text: str, banner: str) -> str:
    answers = recorded_answers()
    output, width, unfinished = banner + "\n", 80, ""
    for line in text.splitlines(keepends=True):
        output += "1: "
        unfinished += line
        used = 0
        for statement, end in complete_statements(unfinished):
            used = end
            if statement == "quit":
                return output
            if found := re.fullmatch(r"linelength (\d+)", statement):
                width = int(found[1])
            output += result_of(statement, answers, int(os.environ.get("FAKE_WIDTH", width)))
        unfinished = unfinished[used:]
    return output + "1: " + END_OF_FILE


def play(name: str) -> int:
    """Play a recording, and its end: an exit status, or none."""
    said = (RECORDINGS / f"{name}.out").read_text()
    sys.stdout.write(said)
    sys.stdout.flush()
    status = dict(line.split(" rc=") for line in (RECORDINGS / "status.txt").read_text().splitlines())[name]
    if status != "124":
        return int(status)
    last = "\n".join(said.splitlines()[-4:-2]) + "\n"
    while True:
        if name == "name-trst-endless":
            sys.stdout.write(last * 100)
            sys.stdout.flush()
        time.sleep(0.05)


def heap_of(arguments: list[str]) -> int:
    """The heap in bytes; ends the program on arguments that REDUCE does not know."""
    known = [word for word in arguments if word not in ("-w", "--no-rcfile")]
    match known:
        case []:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
        case ["-K", size] if found := re.fullmatch(r"(\d+)M", size):
            return int(found[1]) * 2**20
    sys.exit(f"unknown arguments {arguments}")


def main() -> int:
    psl = "psl" in Path(sys.argv[0]).resolve().name
    if psl and sys.argv[1:]:
        sys.exit(f"unknown arguments {sys.argv[1:]}")
    heap = heap_of(sys.argv[1:])
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if not psl and (heap < LEAST_HEAP or (allowed != resource.RLIM_INFINITY and heap > allowed)):
        return play("low-addresses")
    folder = tempfile.mkdtemp(prefix="cg")
    text = sys.stdin.read()
    if name := os.environ.get("FAKE_REDUCE", ""):
        return play(name)
    recorded = [path for path in RECORDINGS.glob("*.in") if path.read_text() == text]
    status = play(recorded[0].stem) if recorded else 0
    if not recorded:
        sys.stdout.write(session(text, PSL_BANNER if psl else BANNER))
    shutil.rmtree(folder)
    return status


if __name__ == "__main__":
    sys.exit(main())
