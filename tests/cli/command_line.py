"""Running the command line in this process and as a process of its own, and engines that misbehave."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

LU_2 = "I:\n10\n11\nJ:\n10\n11\n"
FULL_1 = "I:\n1\nJ:\n1\n"

_FAKE_Z3 = """#!{python}
import os, sys, time
if "--version" in sys.argv:
    print("Z3 version 9.9.9 - 64 bit")
    sys.exit()
question = sys.stdin.read()
print('(:version "9.9.9")', flush=True)
{behaviour}
"""

BEHAVIOURS = {
    "says sat": "print('sat')",
    "says unsat": "print('unsat')",
    "says unknown": "print('unknown')",
    "hangs": "time.sleep(600)",
    "crashes": "os.kill(os.getpid(), 11)",
    "prints garbage": "print('segmentation of the universe')",
    "prints without end": "while True: print('x' * 10000)",
    "eats memory": "hog = []\nwhile True: hog.append(bytearray(os.urandom(1000)) * 10000)",
    "forks": "for _ in range(3): os.fork()\ntime.sleep(600)",
    "says nothing": "",
}


def fake_z3(folder: Path, behaviour: str) -> str:
    """The ``--engine-path`` value of a stand-in for Z3 that behaves in one of the ``BEHAVIOURS``."""
    program = folder / f"z3-{behaviour.replace(' ', '-')}"
    program.write_text(_FAKE_Z3.format(python=sys.executable, behaviour=BEHAVIOURS[behaviour]))
    program.chmod(0o755)
    return f"z3={program}"


def qeclose(*arguments: str, stdin: str | bytes | None = None, **environment: str) -> Result:
    """Run a command in this process."""
    from qeclose.cli.app import app

    return CliRunner().invoke(app, arguments, input=stdin, env=environment, prog_name="qeclose")


def start(*arguments: str, **options) -> subprocess.Popen[str]:
    """Start a command as a process of its own, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "qeclose", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm"},
        **options,
    )
