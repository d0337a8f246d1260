#!/usr/bin/env python3
"""A program that misbehaves as the environment variable MISBEHAVE says, whatever it is asked."""

import os
import signal
import sys
import time


def forever() -> None:
    while True:
        time.sleep(60)


def silent() -> None:
    forever()


def spewing() -> None:
    while True:
        os.write(1, b"a line of output that means nothing\n" * 20)
        time.sleep(0.001)


def flooding() -> None:
    while True:
        os.write(1, b"x" * 65536)


def stubborn() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    forever()


def crashing() -> None:
    print("about to crash", flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)


def garbage() -> None:
    sys.stdin.read()
    sys.stdout.buffer.write(bytes(range(256)) * 20)


def mute() -> None:
    sys.stdin.read()


def failing() -> None:
    print("something is wrong here")
    sys.exit(3)


def forking() -> None:
    for _ in range(3):
        if os.fork() == 0:
            forever()
    print("sat", flush=True)


def daemonising() -> None:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            # Not even holding the engine's output any more.
            null = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(null, stream)
            forever()
        os._exit(0)
    time.sleep(0.3)
    if os.environ.get("THEN") == "hang":
        forever()


def forking_for_ever() -> None:
    while True:
        if os.fork() == 0:
            forever()
        time.sleep(0.01)


def greedy() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(os.urandom(1024) * 8192))


def greedy_child() -> None:
    if os.fork() == 0:
        os.setsid()
        greedy()
    forever()


def prompting() -> None:
    print("Continue anyway?", flush=True)
    forever()


def one_line() -> None:
    piece = b"x" * 2**20
    for _ in range(1024):
        os.write(1, piece)
    os.write(1, b"\n")
    forever()


def closing() -> None:
    print("sat", flush=True)
    os.close(1)
    os.close(2)
    forever()


def deaf() -> None:
    os.close(0)
    forever()


if __name__ == "__main__":
    globals()[os.environ["MISBEHAVE"]]()
