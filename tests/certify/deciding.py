"""Decide a mask by theorems alone and have the certificate accepted by the checker."""

from __future__ import annotations

import json
import time
from typing import Any

from qeclose import Support
from qeclose.certify import Certified, certify
from qeclose.checker import verify

__all__ = ["accepted", "decide"]


def decide(support: Support, *, seconds: float = 60, seed: int = 0, table: bool = False) -> Certified:
    """The decision with its certificate; fails if there is none or if the checker does not accept it.

    Without the table, unless told otherwise: most tests are about the search.
    """
    result = certify(support, deadline=time.monotonic() + seconds, seed=seed, table=table)
    assert isinstance(result, Certified), f"{support.name or support} is left undecided"
    claim = "well-posed" if result.closed else "ill-posed"
    assert result.certificate["claim"] == claim
    accepted(result.certificate, support)
    return result


def accepted(certificate: dict[str, Any], support: Support) -> None:
    """The checker accepts the certificate as it would come from a file, with no engine's word in it."""
    verification = verify(json.loads(json.dumps(certificate)), support)
    assert verification.claim == certificate["claim"]
    assert verification.words == ()
