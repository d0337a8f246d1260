#!/usr/bin/env python3
"""A stand-in for REDUCE (CSL) with Redlog, made from recorded runs of the real one (../recordings).

An input that was recorded gets the recorded output. Any other session is played by the same rules: banner,
the prompt ``1: `` before each line, ``$`` behind each result, answers from the recordings, ``*****`` errors, the
echo of a line that does not parse, exit status 0 whatever happened. Output comes in one piece at the end, as
from a program that buffers a pipe. FAKE_REDUCE in the environment makes it fail in a recorded way.
"""

import os
import re
import sys
from pathlib import Path

from qeclose.formula.normal_forms import nnf
from qeclose.formula.parsers import parse_redlog
from qeclose.formula.printers.redlog import to_redlog

RECORDINGS = Path(__file__).parent.parent / "recordings"
BANNER = "Reduce (CSL, rev 6261), 23-Nov-2026 ...\n"
REDLOG = (
    "Redlog Revision 6174 of 2021-11-15, 15:53:14Z\n"
    "(c) 1992-2021 T. Sturm and A. Dolzmann (www.redlog.eu)\n"
    "type ?; for help\n"
)
WRITE = re.compile(r'write "([^"]*)",\s*(.*),\s*"([^"]*)"', re.DOTALL)


def canonical(formula: str) -> str:
    """The formula as qeclose prints it, in one line, so that other ways to write it are recognised."""
    return " ".join(to_redlog(nnf(parse_redlog(formula))).split())


def recorded_answers() -> dict[str, str]:
    answers = {}
    for path in sorted(RECORDINGS.glob("*.in")):
        questions = re.findall(r'write "<<<", rlqe (.*), ">>>";', path.read_text())
        said = re.findall(r"\n<<<(.*?)>>>\$", path.with_suffix(".out").read_text())
        if len(questions) == len(said):
            answers.update({canonical(q): a for q, a in zip(questions, said, strict=True)})
    return answers


def wrapped(text: str, width: int) -> str:
    """REDUCE breaks a line where the next word does not fit; blanks stay with the words before."""
    lines = [""]
    for word in re.findall(r"\S+\s*|\s+", text):
        if len(lines[-1]) + len(word.rstrip()) > width and lines[-1]:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def statements(line: str) -> list[str]:
    return [part.strip() for part in re.findall(r'((?:"[^"]*"|[^";])*);', line)]


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
        return "\n***** no recording answers this\n"
    return "\n" + wrapped(f"{begin}{answers[key]}{end}$", width) + "\n"


def session(text: str) -> str:
    answers = recorded_answers()
    output, width = BANNER + "\n", 80
    rest = text
    while rest.strip():
        # A statement may go on over several lines; the prompt comes back when one is complete.
        end = re.match(r'(?:(?:"[^"]*"|[^";])*;)+?[^\S\n]*(?:\n|$)', rest)
        line, rest = (end[0], rest[end.end() :]) if end else (rest, "")
        output += "1: "
        for statement in statements(line):
            if statement == "quit":
                return output
            if found := re.fullmatch(r"linelength (\d+)", statement):
                width = int(found[1])
            output += result_of(statement, answers, int(os.environ.get("FAKE_WIDTH", width)))
    return output + '1: \n+++ error: (99 "End-of-file read") "End-of-file read"\nLeaving REDUCE ... \n'


def main() -> None:
    if set(sys.argv[1:]) - {"-w", "--no-rcfile"}:
        sys.exit(f"unknown arguments {sys.argv[1:]}")
    text = sys.stdin.read()
    play = os.environ.get("FAKE_REDUCE", "")
    if play:
        sys.stdout.write((RECORDINGS / f"{play}.out").read_text())
        sys.exit(1 if play == "out-of-memory" else 0)
    for path in RECORDINGS.glob("*.in"):
        if path.read_text() == text:
            sys.stdout.write(path.with_suffix(".out").read_text())
            return
    sys.stdout.write(session(text))


if __name__ == "__main__":
    main()
