"""Decide unions over the supports that keep some bounds, and have the certificates accepted."""

from __future__ import annotations

import json
from time import monotonic

from qeclose.certify.unions.decide import Union, certify_union
from qeclose.checker.verify import verify
from qeclose.files.bounds import parse_bounded
from qeclose.support.bounded import BoundedSupport

__all__ = ["decided", "union_of"]


def union_of(text: str, seconds: float = 60, seed: int = 0) -> tuple[BoundedSupport, Union]:
    """The union of a file's text and what is found of it; a certificate is there exactly if it is decided, and verifies."""
    constrained = parse_bounded(text)
    union = certify_union(constrained, deadline=monotonic() + seconds, seed=seed)
    assert (union.certificate is None) is (union.closed is None), text
    if union.certificate is not None:
        verification = verify(json.loads(json.dumps(union.certificate)), constrained)
        assert verification.complete and not verification.words
        assert verification.claim == ("well-posed" if union.closed else "ill-posed")
    return constrained, union


def decided(text: str, seconds: float = 60) -> bool:
    """Whether the union is closed; fails if that is left open."""
    _, union = union_of(text, seconds)
    assert union.closed is not None, text
    return union.closed
