"""Engines, asked about the mask as it is, never contradict a certificate: three terms, at most three rows and columns."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

import pytest
from deciding import decide
from line_types import Types, classes, support_of_types

from qeclose.certify import Certified
from qeclose.decide.strategy import check
from qeclose.engine.registry import ENGINE_NAMES, find_engine
from qeclose.errors import EngineNotFound

CLASSES = classes(3, 3)
SECONDS = 5.0


def compared(name: str, pairs: Iterable[tuple[Types, Types]]) -> Counter[str]:
    """How often the engine agreed with the certificate, contradicted it, or found nothing in the time."""
    found: Counter[str] = Counter()
    for pair in pairs:
        support = support_of_types(*pair, 3)
        result = decide(support)
        assert isinstance(result, Certified)
        truth = "well-posed" if result.closed else "ill-posed"
        verdict = check(support, method="existential", engines=[name], timeout=SECONDS)
        kind = (
            "open"
            if verdict.verdict == "undecided"
            else "agreed"
            if verdict.verdict == truth
            else "contradicted"
        )
        found[kind] += 1
        assert verdict.verdict in (truth, "undecided"), support.factors
        assert not verdict.failures, verdict.failures
    return found


@pytest.fixture(params=ENGINE_NAMES)
def engine(request: pytest.FixtureRequest) -> str:
    try:
        find_engine(request.param)
    except EngineNotFound as error:
        pytest.skip(str(error))
    return str(request.param)


@pytest.mark.slow
def test_engines_agree_with_the_certificates_of_a_sample_of_the_classes(engine: str) -> None:
    found = compared(engine, random.Random(3).sample(CLASSES, 12))
    print(engine, dict(found))
    assert found["agreed"] > 0


def test_there_are_862_classes() -> None:
    assert len(CLASSES) == 862


@pytest.mark.campaign
@pytest.mark.parametrize("quarter", range(4))
def test_engines_agree_with_the_certificates_of_all_classes(engine: str, quarter: int) -> None:
    """In quarters, so that processes can share the work."""
    found = compared(engine, CLASSES[quarter::4])
    print(engine, dict(found))
    assert found.total() == len(CLASSES[quarter::4])
    assert found["contradicted"] == 0
    # How many are left open depends on the machine; docs/benchmarks.md has what was counted.
    assert found["agreed"] > 0
