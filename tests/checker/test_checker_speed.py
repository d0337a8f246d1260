"""Large certificates take seconds at most: of the processor's time, so that a busy machine changes nothing."""

from __future__ import annotations

import json
import time
from typing import Any

from handmade import absorb, certificate, column, component, full, lu_tree, normal_form, reduction

from qeclose.checker import load_certificate, verify


def seconds(cert: dict[str, Any]) -> float:
    text = json.dumps(cert)
    start = time.process_time()
    assert verify(load_certificate(text, "certificate")).complete
    return time.process_time() - start


def lu_of_size(n: int) -> dict[str, Any]:
    lower = ["1" * (i + 1) + "0" * (n - 1 - i) for i in range(n)]
    upper = ["0" * i + "1" * (n - i) for i in range(n)]
    return certificate("ill-posed", [lower, upper], lu_tree()["proof"])


def test_lu_of_size_2000() -> None:
    assert seconds(lu_of_size(2000)) < 2


def test_full_300_by_300_of_rank_50() -> None:
    keep, drop = list(range(50)), list(range(50, 300))
    steps = [{"rule": "twin-capping", "side": side, "keep": keep, "drop": drop} for side in ("row", "column")]
    steps.append(absorb(keep, component(keep, keep, cover=(keep, []))))
    assert seconds(certificate("well-posed", full(300, 300, 50), reduction(steps))) < 2


def of_blocks(n: int) -> dict[str, Any]:
    """n/2 diagonal blocks 2×2 of rank 2, absorbed one after the other."""
    rows = ["".join("1" if i // 2 == k // 2 else "0" for k in range(n)) for i in range(n)]
    steps = []
    for first in range(0, n, 2):
        both = [first, first + 1]
        steps.append(absorb(both, component(both, both, cover=(both, []))))
    return certificate("well-posed", [rows, rows], reduction(steps))


def test_a_thousand_steps_on_2048_terms() -> None:
    assert seconds(of_blocks(2048)) < 4


def test_the_time_of_many_steps_grows_with_the_size_of_the_mask() -> None:
    small, large = (min(seconds(of_blocks(n)) for _ in range(2)) for n in (256, 1024))
    # The mask grows sixteenfold, its text and transposition with it; steps × terms × rows would be 64.
    assert large < 40 * small + 0.2


def test_a_chain_of_300_nested_terms() -> None:
    n = 300
    left = ["".join("1" if i <= k else "0" for k in range(n)) for i in range(n)]
    ids = list(range(n))
    proof = normal_form("column", ids, [([], [column(j, ids) for j in range(n)])])
    assert seconds(certificate("well-posed", [left, ["1" * n] * n], proof)) < 4
