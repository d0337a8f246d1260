"""The kinds of findings that make a job fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from qeclose.decide.verdict import Status
from qeclose.findings.finding import Finding

__all__ = ["RULES", "Rule", "rule_of"]


@final
@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding: its name, what it is in a sentence, and what to do."""

    name: str
    short: str
    help: str


RULES = (
    Rule(
        "ill-posed",
        "Some matrices have no best approximation with these supports; the factors of ever better ones grow without bound.",
        "qeclose explain says why, and qeclose repair which entries to change.",
    ),
    Rule(
        "unexpected",
        "The verdict is not the one that was expected.",
        "Change the mask, or what the manifest or --expect says of it.",
    ),
    Rule(
        "undecided",
        "No theorem and no engine gave an answer within the limits.",
        "Give it more time with --timeout, or another engine.",
    ),
    Rule("malformed", "The file is not a mask file.", "Mend the file where the message says."),
    Rule(
        "engine-failure",
        "An engine crashed, is missing, or contradicts another one.",
        "qeclose engines tests each engine.",
    ),
)
_BY_NAME = {rule.name: rule for rule in RULES}


def rule_of(finding: Finding) -> Rule:
    """The kind of a finding that makes the job fail or is known."""
    match finding.status:
        case Status.BAD_INPUT:
            return _BY_NAME["malformed"]
        case Status.ENGINE_FAILURE:
            return _BY_NAME["engine-failure"]
        case Status.UNDECIDED:
            return _BY_NAME["undecided"]
        case _:
            return _BY_NAME["ill-posed" if finding.verdict == "ill-posed" else "unexpected"]
