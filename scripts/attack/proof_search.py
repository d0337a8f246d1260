"""Attempts to prove ill-posed masks closed: reductions in random order, and reductions that cut corners.

*Legal*: the lines and terms of the mask are shuffled before the rules of presolve run, so that they apply in another
order, and each block that is left is given to the normal form and to the full space. A proof of all blocks would be a
proof of the mask. *Sloppy*: in the proof of a well-posed mask, lines, terms or entries are added to the mask until it is
ill-posed, and the proof's steps are adjusted by hand to name them; the checker has to refuse.
"""

from __future__ import annotations

import random
from time import monotonic
from typing import Any

from attack.masks import Pair, random_pair, text
from attack.tally import Tally

__all__ = ["trial"]


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """One mask: if it is ill-posed, all searches for a proof that it is closed."""
    import qeclose

    del number
    pair = random_pair(rng)
    verdict = qeclose.check(qeclose.Support(*pair), method="certify", timeout=10).verdict
    tally.add("masks")
    if verdict != "ill-posed":
        _sloppy(tally, pair, rng)
        return
    for _ in range(4):
        tally.add("comparisons")
        shuffled = _shuffled(pair, rng)
        if _proved_closed(shuffled):
            tally.disagree("an ill-posed mask was proved closed", expected=verdict, mask=text(shuffled))


def _shuffled(pair: Pair, rng: random.Random) -> Pair:
    order = rng.sample(range(len(pair[0][0])), len(pair[0][0]))
    sides = [tuple(tuple(row[k] for k in order) for row in rng.sample(side, len(side))) for side in pair]
    return (sides[1], sides[0]) if rng.random() < 0.5 else (sides[0], sides[1])


def _proved_closed(pair: Pair) -> bool:
    """Whether every block that presolve leaves is proved closed by its normal form or as a full space."""
    import qeclose
    from qeclose.certify.compact.pair import prove_normal_form
    from qeclose.certify.cover.pair import explore_full
    from qeclose.presolve import reduce
    from qeclose.problem import Problem

    reduction = reduce(Problem.of(qeclose.Support(*pair)))
    for block in reduction.blocks():
        problem = block.core
        if not problem.terms or prove_normal_form(problem) is not None:
            continue
        origin = {k: k for k in problem.terms}
        explored = explore_full(
            problem, origin, random.Random(0), regions=200, patience=40, deadline=monotonic() + 3
        )
        if explored.proof is None:
            return False
    return True


def _sloppy(tally: Tally, pair: Pair, rng: random.Random) -> None:
    import qeclose
    from qeclose.checker import verify
    from qeclose.errors import CertificateError

    certificate = qeclose.check(qeclose.Support(*pair), method="certify", timeout=10).certificate
    if certificate is None:
        tally.add("undecided")
        return
    for _ in range(3):
        larger = _with_an_entry_more(pair, rng)
        if larger is None:
            return
        support = qeclose.Support(*larger)
        if qeclose.check(support, method="certify", timeout=10).verdict != "ill-posed":
            continue
        mask = {"factors": [factor.to_strings() for factor in support.factors]}
        for proof in _adjusted(certificate["proof"], larger):
            tally.add("mutants")
            try:
                verify({**certificate, "mask": mask, "proof": proof}, support)
            except CertificateError:
                continue
            tally.add("accepted")
            tally.add("accepted_false")
            tally.disagree(
                "a sloppy proof was accepted", expected="ill-posed", mask=text(larger), proof=proof
            )


def _with_an_entry_more(pair: Pair, rng: random.Random) -> Pair | None:
    side = rng.randrange(2)
    zeros = [(i, k) for i, row in enumerate(pair[side]) for k, entry in enumerate(row) if not entry]
    if not zeros:
        return None
    at = rng.choice(zeros)
    rows = tuple(
        tuple(1 if (i, k) == at else entry for k, entry in enumerate(row)) for i, row in enumerate(pair[side])
    )
    return (rows, pair[1]) if side == 0 else (pair[0], rows)


def _adjusted(proof: dict[str, Any], pair: Pair) -> list[dict[str, Any]]:
    """The proof as it is, and with every list of lines or terms in its steps completed or emptied."""
    sizes = {"rows": len(pair[0]), "columns": len(pair[1]), "terms": len(pair[0][0])}

    def changed(value: Any, fill: bool) -> Any:
        if isinstance(value, dict):
            return {
                key: (list(range(sizes[key])) if fill else [])
                if key in sizes and isinstance(entry, list) and all(type(e) is int for e in entry)
                else changed(entry, fill)
                for key, entry in value.items()
            }
        return [changed(entry, fill) for entry in value] if isinstance(value, list) else value

    return [proof, changed(proof, True), changed(proof, False)]
