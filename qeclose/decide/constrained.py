"""``check_constrained``: factors with cardinality constraints, as a verdict like any other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qeclose.decide.gate import require
from qeclose.decide.method import DEFAULT_TIMEOUT
from qeclose.decide.verdict import Verdict
from qeclose.decide.witness import Witness
from qeclose.errors import CertificateError
from qeclose.supervise import phase

if TYPE_CHECKING:
    from qeclose.support.bounded import BoundedSupport

__all__ = ["check_constrained"]


def check_constrained(
    constrained: BoundedSupport, *, timeout: float = DEFAULT_TIMEOUT, seed: int = 0, table: bool = True
) -> Verdict:
    """Decide whether the union of E over the supports that keep the bounds is closed; no engine is asked.

    The verdict's support is the box that the bounds live in; its witness reaches a matrix outside the whole union.
    """
    from qeclose.certify.unions.decide import certify_union

    start = time.monotonic()
    union = certify_union(constrained, deadline=start + timeout, seed=seed, table=table)
    box, seconds = constrained.box, time.monotonic() - start
    if union.closed is None:
        return Verdict(box, "undecided", "union", seconds, union.reason)
    try:
        with phase("checking the certificate found"):
            require(union.certificate, constrained, "well-posed" if union.closed else "ill-posed")
    except CertificateError as error:
        problem = f"union: its own certificate is not accepted ({error})"
        return Verdict(box, "undecided", "union", seconds, problem, failures=(problem,))
    seconds = time.monotonic() - start
    if union.closed:
        return Verdict(box, "well-posed", "union", seconds, union.reason, certificate=union.certificate)
    assert union.curve is not None
    witness = Witness.of_pair(union.point, union.curve)
    return Verdict(
        box, "ill-posed", "union", seconds, union.reason, witness=witness, certificate=union.certificate
    )
