"""What is known of training a ReLU network with fixed supports: never more than is proved.

*Well-posed* means that the squared loss has an optimum for every finite data set. Le, Riccietti, Gribonval (arXiv 2306.02666)
show that it implies that E is closed; for any number of layers and whatever biases there are, as follows.

*Theorem.* If E = {W_L ⋯ W_1} is not closed, training is ill-posed, with any biases or none.

*Proof.* Let W_L(t) ⋯ W_1(t) → A ∉ E. Let z = (W_l ⋯ W_1)(t)_k be the row that unit k of layer l computes without activations.
On a subsequence each is zero for all t, or nonzero for all t and z/|z| converges to some u. Take an open set U of inputs on
which no u·x is zero or changes its sign, and let S_l be the diagonal matrix of these signs. The weights S_l W_l S_{l−1}
(S_0 = S_L = 1) have the same supports and product, and on a finite subset of U every unit is active or zero for late t. So
without biases they compute W_L(t) ⋯ W_1(t) x → Ax: on the data (x, Ax) the loss has infimum 0. Let the data be n·2^H + 1 points
x of U, H being the number of hidden units, any n + 1 of them affinely independent. If weights and biases had loss 0, then
n + 1 of the points would have the same active units. There the network computes Mx + c, where M is the product of the
weights with the rows of inactive units set to zero, so M ∈ E. It is Ax on n + 1 affinely independent points; hence M = A,
which is not in E. ∎

A closed E leaves the question open (Lim, Michałek, Qi: without any sparsity some data sets have no optimum).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, final

from qeclose.decide.verdict import Status, Verdict
from qeclose.networks.biases import Biases
from qeclose.networks.frontier import Frontier
from qeclose.support import Support

__all__ = ["Training", "by_cones", "judge", "layer_pairs"]

_NECESSARY = "training well-posed implies E closed"
_CONES = "the possible outputs are a finite union of polyhedral cones"


@final
@dataclass(frozen=True, slots=True)
class Training:
    """The verdict on training with the theorem it rests on, "" if there is none.

    ``closure`` is the verdict on E, None if the theorem did not need it; ``frontier`` is a place where a network of two layers
    has no optimum, if one is known.
    """

    support: Support
    biases: Biases | None
    verdict: Literal["well-posed", "ill-posed", "undecided"]
    theorem: str
    reason: str
    closure: Verdict | None = None
    frontier: Frontier | None = None

    @property
    def status(self) -> Status:
        """The exit status, as of ``qeclose check``."""
        if self.closure is not None and self.closure.failures:
            return Status.ENGINE_FAILURE
        return {
            "well-posed": Status.WELL_POSED,
            "ill-posed": Status.ILL_POSED,
            "undecided": Status.UNDECIDED,
        }[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """The JSON object of ``qeclose relu --format json`` (docs/relu.md)."""
        m, n = self.support.shape
        return {
            "schema": 1,
            "name": self.support.name,
            "source": self.support.source,
            "layers": len(self.support.factors),
            "shape": {"inputs": n, "hidden": list(reversed(self.support.inner)), "outputs": m},
            "biases": "all" if self.biases is None else self.biases.to_json(),
            "verdict": self.verdict,
            "theorem": self.theorem,
            "reason": self.reason,
            "obstruction": self._obstruction(),
            "closure": None if self.closure is None else self.closure.to_json(),
        }

    def _obstruction(self) -> dict[str, list[int]] | None:
        if self.frontier is None:
            return None
        return {
            "outputs": list(self.frontier.rows),
            "inputs": list(self.frontier.columns),
            "hidden": list(self.frontier.neurons(self.support)),
        }


def layer_pairs(support: Support) -> list[Support]:
    """The two-layer networks made of two consecutive layers alone, first layers first; none for two layers.

    An ill-posed pair says nothing proven about the whole network: other layers can close its set or leave it open.
    """
    count = len(support.factors)
    if count == 2:
        return []
    return [
        Support.of_factors(
            support.factors[count - 2 - l : count - l],
            name=f"{support.name} layers {l + 1}-{l + 2}".strip(),
            source=support.source,
        )
        for l in range(count - 1)
    ]


def by_cones(support: Support, biases: Biases | None) -> Training | None:
    """The verdict if every hidden unit of a two-layer network feeds at most one output (one output: always), else None.

    *Theorem.* Such a network is well-posed, whatever biases it has. *Proof.* If x is the weight of a unit's only way to an
    output, ``x·σ(y·z + b) = sgn(x)·σ(|x|y·z + |x|b)``: all weights of the second layer may be taken from {−1, 0, 1}. For each of
    these finitely many choices and each pattern of active units on the data, the first layer's weights and all biases fill a
    polyhedral cone, on which the outputs are linear. So the outputs fill a finite union of polyhedral cones, a closed set. ∎
    """
    if len(support.factors) != 2 or any(column.bit_count() > 1 for column in support.factors[0].columns):
        return None
    outputs = (
        "there is a single output" if support.shape[0] == 1 else "every hidden unit feeds at most one output"
    )
    return Training(support, biases, "well-posed", _CONES, f"there are two layers, and {outputs}")


def judge(support: Support, closure: Verdict, biases: Biases | None = None) -> Training:
    """The verdict on training, given the one on E.

    ``support`` has W_L as its first factor and W_1 as its last. ``biases`` (None: all of them) are those that are trained.
    """
    support.require_observed("relu")
    known = by_cones(support, biases)
    if known is not None:
        return known
    match closure.verdict:
        case "ill-posed":
            return _not_closed(support, closure, biases)
        case "well-posed":
            reason = "E is closed; only the necessary condition holds"
            return Training(support, biases, "undecided", "", reason, closure)
        case "undecided":
            reason = f"whether E is closed is undecided: {closure.reason}"
            return Training(support, biases, "undecided", "", reason, closure)


def _not_closed(support: Support, closure: Verdict, biases: Biases | None) -> Training:
    frontier = None if closure.certificate is None else Frontier.from_certificate(closure.certificate)
    reason = "E is not closed, which makes training ill-posed whatever biases there are"
    return Training(support, biases, "ill-posed", _NECESSARY, reason, closure, frontier)
