"""Real engines asked for the truth of a sentence."""

import pytest

from qeclose.engine.protocol import Limits
from qeclose.engine.registry import find_engine
from qeclose.errors import EngineNotFound, LimitReached, UsageError
from qeclose.formula.language import Formula


def answer_of(name: str, sentence: Formula, *, seconds: float) -> bool | None:
    """What the engine says within the time; None: nothing. The test is skipped if there is no such engine."""
    try:
        engine = find_engine(name)
    except EngineNotFound as error:
        pytest.skip(str(error))
    try:
        return engine.decide(sentence, Limits(seconds, 2000)).value
    except LimitReached:
        return None
    except UsageError as error:
        pytest.skip(str(error))
