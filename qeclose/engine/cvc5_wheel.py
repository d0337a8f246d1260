"""The cvc5 of the Python package ``cvc5`` as a program that reads SMT-LIB; the package has none.

    python -I -S cvc5_wheel.py FOLDER [--version] [--lang smt2] [--OPTION=VALUE ...]

FOLDER holds the package. Options, input and output are those of cvc5's own program. It runs in a process of its own,
like every engine, so that it can be bounded and ended; it imports nothing of qeclose, for its start-up counts.
"""

from __future__ import annotations

import re
import sys
from typing import Any

# The library has no clock for the whole run: that of one check is the same here.
_SAME_OPTION = {"tlimit": "tlimit-per"}


def main(arguments: list[str]) -> int:
    """Run cvc5 from the wheel in the folder named first, with the flags that follow, as the program cvc5 would."""
    folder, *flags = arguments
    sys.path.insert(0, folder)
    import cvc5

    if flags == ["--version"]:
        _say(f"This is cvc5 version {cvc5.__version__}\n")
        return 0
    solver = cvc5.Solver(cvc5.TermManager())
    for name, value in re.findall(r"--([a-z-]+)=(\S*)", " ".join(flags)):
        solver.setOption(_SAME_OPTION.get(name, name), value)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, sys.stdin.read(), "stdin")
    return _answer(cvc5.__version__, solver, parser)


def _answer(version: str, solver: Any, parser: Any) -> int:
    """Carry out every command; an error ends the run."""
    while True:
        try:
            command = parser.nextCommand()
            if command.isNull():
                return 0
            said = command.invoke(solver, parser.getSymbolManager())
        except (RuntimeError, MemoryError) as error:
            text = str(error).strip().replace('"', '""') or "out of memory"
            _say(f'(error "{text}")\n')
            return 1
        # As the program says it: the version without a note on the build, "unknown" without the reason.
        said = re.sub(r'^\(:version "[^"]*"\)', f'(:version "{version}")', said)
        _say(re.sub(r"^unknown \(\w+\)", "unknown", said))
        if said.startswith("(error"):
            return 1


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
