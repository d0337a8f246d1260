"""``relu``: what is known of training the network in a file, a module or a support."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, final, overload

from qeclose.decide.strategy import DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT, check
from qeclose.decide.verdict import Status, Verdict
from qeclose.errors import UsageError
from qeclose.files.model import Model, Network
from qeclose.networks.biases import Biases
from qeclose.networks.effort import RELU
from qeclose.networks.training import Training, by_cones, layer_pairs
from qeclose.networks.training import judge as judge_training
from qeclose.support import Support

if TYPE_CHECKING:
    from qeclose.files.layers import LeftOut

__all__ = ["NetworkReport", "Part", "judge", "judge_model", "judge_support", "relu"]

Check = Callable[[Support, float], Verdict]
"""Decides whether E is closed, within a number of seconds."""

_PARTS = (
    "only parts of the model are known to be ReLU networks; what they are in says more or less than they do"
)


@final
@dataclass(frozen=True, slots=True)
class Part:
    """Layers that follow one another: the verdict on them as a network, and on each two of them alone.

    ``layers`` are their names, W_1's first, and ``order`` how it is known that they follow; "" for a mask file.
    """

    training: Training
    pairs: tuple[Training, ...] = ()
    layers: tuple[str, ...] = ()
    order: str = ""

    def to_json(self) -> dict[str, Any]:
        """The object of docs/relu.md."""
        return {
            **self.training.to_json(),
            "names": list(self.layers),
            "order": self.order or None,
            "pairs": [pair.to_json() for pair in self.pairs],
        }


@final
@dataclass(frozen=True, slots=True)
class NetworkReport:
    """What is known of one network.

    It is the only one of ``parts`` if ``whole``. Otherwise the parts are all that could be read of a larger network, of which
    nothing is known, whatever is known of them. ``left_out`` names the tensors that no answer takes into account.
    """

    name: str
    source: str
    parts: tuple[Part, ...]
    whole: bool = True
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def training(self) -> Training | None:
        """What is known of the whole network; None if only parts of it were read."""
        return self.parts[0].training if self.whole else None

    @property
    def verdict(self) -> Literal["well-posed", "ill-posed", "undecided"]:
        """The verdict on the whole network."""
        return "undecided" if self.training is None else self.training.verdict

    @property
    def reason(self) -> str:
        """Why the verdict on the whole network is what it is."""
        return _PARTS if self.training is None else self.training.reason

    @property
    def status(self) -> Status:
        """The exit status of ``qeclose relu``."""
        if self.training is not None:
            return self.training.status
        failed = any(part.training.status == Status.ENGINE_FAILURE for part in self.parts)
        return Status.ENGINE_FAILURE if failed else Status.UNDECIDED

    def report(self) -> str:
        """The report as text."""
        from qeclose.report.training import network_report

        return network_report(self)

    def to_json(self, *, dataset: str | None = None) -> dict[str, Any]:
        """The JSON object of ``qeclose relu --format json`` (docs/relu.md); ``dataset`` is the file written."""
        about = {
            "whole": self.whole,
            "left_out": [{"tensor": out.tensor, "kind": out.kind} for out in self.left_out],
            "warnings": list(self.warnings),
            "dataset": dataset,
        }
        if self.whole:
            return {**self.parts[0].to_json(), **about}
        unknown = dict.fromkeys(("layers", "shape", "biases", "obstruction", "closure", "order"))
        return {
            "schema": 1,
            "name": self.name,
            "source": self.source,
            **unknown,
            "verdict": self.verdict,
            "theorem": "",
            "reason": self.reason,
            "names": [],
            "pairs": [],
            **about,
            "parts": [part.to_json() for part in self.parts],
        }


@overload
def relu(what: Sequence[Support], **options: Any) -> list[NetworkReport]: ...


@overload
def relu(what: Support | str | os.PathLike[str] | Any, **options: Any) -> NetworkReport: ...


def relu(
    what: Any,
    *,
    layers: Sequence[str] = (),
    threshold: float = 0.0,
    hidden_bias: str | None = None,
    output_bias: str | None = None,
    example_input: Any = None,
    timeout: float = DEFAULT_TIMEOUT,
    **options: Any,
) -> NetworkReport | list[NetworkReport]:
    """What is known of training a ReLU network, as ``qeclose relu`` says it.

    ``what`` is the path of a mask or model file with one network, a ``Support`` (W_L first), a list of them (then so is
    the result), or a ``torch.nn.Module``, the order of whose layers is traced with ``torch.fx``, or
    seen in a run on the ``example_input`` (a tensor, or a tuple of them) where it cannot be traced. ``layers`` names the
    layers of a model that follow one another, first layer first; a weight is inside a support if its absolute value is
    above ``threshold``; ``hidden_bias`` and ``output_bias`` are "all", "none" or a digit a unit (None: as in the model, or
    all). ``timeout`` is in seconds, for each network; ``options`` are those of ``check``. Raises ``UsageError``,
    ``InputError``, and ``TypeError`` for anything else.
    """

    def closure(support: Support, seconds: float) -> Verdict:
        return check(support, timeout=seconds, **{"memory_mb": DEFAULT_MEMORY_MB, **options})

    if isinstance(layers, str):
        layers = layers.split(",")
    biases = (hidden_bias, output_bias)
    if isinstance(what, list | tuple) and what and all(isinstance(one, Support) for one in what):
        _refuse(layers, threshold, "supports")
        return [judge_support(one, closure, biases, timeout) for one in what]
    if isinstance(what, Support):
        _refuse(layers, threshold, "a support")
        return judge_support(what, closure, biases, timeout)
    if isinstance(what, str | os.PathLike):
        return _file(os.fspath(what), layers, threshold, closure, biases, timeout)
    if hasattr(what, "state_dict") and hasattr(what, "named_modules"):
        from qeclose.networks.modules import model_of_module

        model = model_of_module(what, layers=layers, threshold=threshold, example=example_input)
        return judge_model(model, closure, biases, timeout)
    raise TypeError(
        f"relu takes a path, a Support, a list of them or a torch module, not {type(what).__name__}"
    )


def judge(
    one: Support | Model, closure: Check, biases: tuple[str | None, str | None], timeout: float
) -> NetworkReport:
    """What is known of a network in a file, ``biases`` being those of the hidden units and outputs that are asked for."""
    if isinstance(one, Support):
        return judge_support(one, closure, biases, timeout)
    return judge_model(one, closure, biases, timeout)


def judge_support(
    support: Support, closure: Check, biases: tuple[str | None, str | None], timeout: float
) -> NetworkReport:
    """What is known of the network with this support, W_L first. Raises ``UsageError`` for biases of another length."""
    support.require_observed("relu")
    trained = _biases(support, biases, None)
    part = _judged(support, layer_pairs(support), trained, closure, timeout)
    return NetworkReport(support.name, support.source, (part,))


def judge_model(
    model: Model, closure: Check, biases: tuple[str | None, str | None], timeout: float
) -> NetworkReport:
    """What is known of a model: of each of its networks, with the biases it has unless told otherwise."""
    if not model.whole and biases != (None, None):
        raise UsageError("biases are given for one network; name its layers with --layers")
    parts = []
    for network in model.networks:
        trained = _biases(network.support, biases, network)
        share = timeout / len(model.networks)
        part = _judged(network.support, network.pairs, trained, closure, share)
        parts.append(Part(part.training, part.pairs, network.layers, network.order))
    return NetworkReport(model.name, model.source, tuple(parts), model.whole, model.left_out, model.notes)


def _judged(
    support: Support, pairs: Sequence[Support], biases: Biases, closure: Check, timeout: float
) -> Part:
    """A share of the time is for the whole network, the rest is shared by the pairs."""
    first = RELU.whole_share * timeout if pairs else timeout
    whole = by_cones(support, biases) or judge_training(support, closure(support, first), biases)
    alone = [
        by_cones(pair, None) or judge_training(pair, closure(pair, (timeout - first) / len(pairs)), None)
        for pair in pairs
    ]
    return Part(whole, tuple(alone))


def _biases(support: Support, wanted: tuple[str | None, str | None], network: Network | None) -> Biases:
    """Those asked for; where nothing is asked, those of the model, or all."""
    hidden, output = wanted
    sizes = (sum(support.inner), support.shape[0])
    asked = Biases.parse(hidden or "all", output or "all", sizes)
    if network is None:
        return asked
    there = Biases(tuple(unit for layer in network.biases[:-1] for unit in layer), network.biases[-1])
    return Biases(asked.hidden if hidden else there.hidden, asked.output if output else there.output)


def _file(
    path: str,
    layers: Sequence[str],
    threshold: float,
    closure: Check,
    biases: tuple[str | None, str | None],
    timeout: float,
) -> NetworkReport:
    from qeclose.networks.models import read_networks

    found = read_networks(path, layers=layers, threshold=threshold)
    if isinstance(found, Model):
        return judge_model(found, closure, biases, timeout)
    if len(found) != 1:
        raise UsageError(
            f"{path} holds {len(found)} networks; give relu one of those that read(path) returns"
        )
    return judge_support(found[0], closure, biases, timeout)


def _refuse(layers: Sequence[str], threshold: float, what: str) -> None:
    if layers or threshold:
        raise UsageError(f"layers and threshold are for models, not for {what}")
