#!/usr/bin/env python3
"""A stand-in for QEPCAD B that asks as the real one does and says, at ``finish``, what FAKE_QEPCAD holds.

If Hong's projection was asked for before, it says what FAKE_QEPCAD_HONG holds.
"""

import os
import sys

PROMPTS = (
    "Enter an informal description  between '[' and ']':\n",
    "Enter a variable list:\n",
    "Enter the number of free variables:\n",
    "Enter a prenex formula:\n",
)


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def read_until(end: str) -> None:
    while True:
        line = sys.stdin.readline()
        if not line or line.rstrip().endswith(end):
            return


say("      Version B 1.74, Thu Feb 25 14:48:53 EST 2021\n")
for prompt, end in zip(PROMPTS, ("]", ")", "", "."), strict=True):
    say(prompt)
    read_until(end)
say("\n=======================================================\n\nBefore Normalization >\n")
answer = os.environ["FAKE_QEPCAD"]
while (command := sys.stdin.readline()) and command.strip() != "finish":
    if command.startswith("proj-op"):
        answer = os.environ.get("FAKE_QEPCAD_HONG", answer)
    say("\nBefore Solution >\n")
say(answer)
# What cannot go on waits for another command, for ever.
if "The End" not in answer and "FAIL handler" not in answer:
    sys.stdin.read()
