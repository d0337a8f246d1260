"""An engine that passes on what the real one says, up to its answer, and then does what FAULT in the environment tells.

FAULT_REAL is the real engine's command, as a JSON list; FAULT_ANSWER a regular expression that its answer begins with.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

ANSWER = re.compile(os.environ["FAULT_ANSWER"].encode())
ENGINE = os.environ["FAULT_ENGINE"]


def emit(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def hang() -> NoReturn:
    while True:
        time.sleep(60)


def die(name: str) -> NoReturn:
    number = getattr(signal, name)
    if name not in ("SIGKILL", "SIGSTOP"):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    hang()


def hang_after(answer: bytes) -> None:
    emit(answer)
    hang()


def stubborn(answer: bytes) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    hang()


def half(answer: bytes) -> None:
    emit(answer[: len(answer) // 2])


def both(answer: bytes) -> None:
    """The answer, and right after it the other one."""
    match ENGINE:
        case "z3":
            other = b"unsat" if answer.startswith(b"sat") else b"sat"
            emit(answer + b"\n" + other + b"\n")
        case "redlog":
            emit(answer + b"\n<<<false>>>\n")
        case _:
            emit(answer.replace(b"TRUE", b"TRUE\nFALSE"))


def contrary(answer: bytes) -> None:
    """The other answer first, then the real one."""
    match ENGINE:
        case "z3":
            emit((b"unsat\n" if answer.startswith(b"sat") else b"sat\n") + answer)
        case "redlog":
            emit(b"<<<false>>>\n" + answer)
        case _:
            emit(answer.replace(b"TRUE", b"FALSE\nTRUE"))


def bytewise(answer: bytes) -> None:
    for byte in answer:
        emit(bytes((byte,)))
        time.sleep(0.001)


def flood(answer: bytes) -> None:
    while True:
        emit(b"; nothing to be said\n" * 4096)


def closes(answer: bytes) -> None:
    os.close(1)
    os.close(2)
    hang()


def forks_twice(answer: bytes) -> None:
    """Leave a process in a session of its own behind, which holds none of the engine's streams."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            null = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(null, stream)
            hang()
        os._exit(0)
    os.wait()
    emit(answer)


def fills_memory(answer: bytes) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(os.urandom(2**20) * 8))


def wrong_model(answer: bytes) -> None:
    """Every number of the model is another one."""
    head, _, model = answer.partition(b"\n")
    emit(head + b"\n" + re.sub(rb"(?<=[ (])-?\d+(\.\d+)?(?=[ )])", b"7", model))


def formula(answer: bytes) -> None:
    """A formula where a truth value belongs."""
    match ENGINE:
        case "z3":
            emit(b"(> a11 0)\n")
        case "redlog":
            emit(answer.replace(b"true", b"a11 > 0"))
        case _:
            emit(answer.replace(b"TRUE", b"x > 0"))


def in_an_error(answer: bytes) -> None:
    """The answer inside the message of an error, on lines of its own."""
    match ENGINE:
        case "z3":
            emit(b'(error "line 1:\nunsat\n' + answer + b'")\n')
        case "redlog":
            emit(b"\n***** something is wrong:\n" + answer)
        case _:
            emit(b"Error something is wrong:\n" + answer)


def nonsense(answer: bytes) -> None:
    emit(bytes(range(256)) * 20)


def bad_status(answer: bytes) -> None:
    emit(answer)
    os._exit(99)


def silent(answer: bytes) -> None:
    return


FAULTS: dict[str, Callable[[bytes], None]] = {
    "hang before": lambda answer: hang(),
    "hang after": hang_after,
    "ignore signals": stubborn,
    "half an answer": half,
    "both answers": both,
    "contrary first": contrary,
    "byte by byte": bytewise,
    "flood": flood,
    "close stdout": closes,
    "fork twice": forks_twice,
    "fill memory": fills_memory,
    "wrong model": wrong_model,
    "formula": formula,
    "in an error": in_an_error,
    "nonsense": nonsense,
    "bad status": bad_status,
    "no answer": silent,
}


def act(fault: str, answer: bytes) -> None:
    when, _, name = fault.partition(" ")
    if name.startswith("SIG"):
        if when == "after":
            emit(answer)
        die(name)
    FAULTS[fault](answer)


def main() -> None:
    child = subprocess.Popen(
        [*json.loads(os.environ["FAULT_REAL"]), *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    source, sink = child.stdout.fileno(), child.stdin

    def pump() -> None:
        while data := os.read(0, 2**16):
            sink.write(data)
            sink.flush()
        sink.close()

    threading.Thread(target=pump, daemon=True).start()
    held = b""
    while data := os.read(source, 2**16):
        held += data
        found = ANSWER.search(held)
        if found is None:
            # What may be the beginning of the answer is kept until more is known.
            whole = held.rfind(b"\n") + 1
            emit(held[:whole])
            held = held[whole:]
            continue
        emit(held[: found.start()])
        held = held[found.start() :]
        while data := os.read(source, 2**16):
            held += data
        act(os.environ["FAULT"], held)
        os._exit(0)
    emit(held)
    os._exit(child.wait() & 0xFF)


main()
