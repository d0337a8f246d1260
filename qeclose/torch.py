"""qeclose for PyTorch: a module judged, and a watch over pairs of layers while weights are pruned (docs/pytorch.md)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from qeclose.decide.strategy import check as decide
from qeclose.networks.modules import model_of_module
from qeclose.networks.relu import judge_support, relu

if TYPE_CHECKING:
    from qeclose.networks.relu import NetworkReport
    from qeclose.support.model import Support

__all__ = ["Event", "PairIllPosed", "PruningWatch", "check"]

_SECONDS = 10.0


def check(
    module: Any,
    example_input: Any = None,
    *,
    layers: Sequence[str] = (),
    threshold: float = 0.0,
    **options: Any,
) -> NetworkReport:
    """What is known of training a ``torch.nn.Module`` with the zeros its weights, or their pruning masks, have now.

    Which linear layers follow one another is traced with ``torch.fx``; where a module cannot be traced, the ``example_input``
    (a tensor, a tuple of them, or a mapping by name) is run through it once, in evaluation mode. ``layers`` names them
    instead. ``options`` are those of ``qeclose.relu``. Raises ``UsageError`` if no order is known.
    """
    report: NetworkReport = relu(
        module, example_input=example_input, layers=layers, threshold=threshold, **options
    )
    return report


class PairIllPosed(UserWarning):
    """Training two consecutive layers, taken as a network of their own, has no optimum for some data any more."""


@final
@dataclass(frozen=True, slots=True)
class Event:
    """A pair of layers whose verdict changed at a step; ``before`` is "" at the first look."""

    step: int
    layers: str
    before: str
    now: str
    reason: str

    def __str__(self) -> str:
        was = f" (was {self.before})" if self.before else ""
        return f"step {self.step}: {self.layers} is {self.now}{was}: {self.reason}"


@final
class PruningWatch:
    """Looks at each pair of consecutive layers while a module is pruned, and warns at the step where one becomes ill-posed.

    Call ``step()`` after each step of training or pruning, or let an optimizer do it (``attach``). A pair of supports is decided
    once, within ``timeout`` seconds, however often it comes back; a look at supports that have not changed costs reading them.
    ``every`` N looks at each N-th step only. ``events`` holds all changes of verdicts; ``on_ill_posed`` is called with those
    that are warned of. ``layers``, ``threshold`` and ``example_input`` are as for ``check``; ``options`` are those of
    ``qeclose.check``.
    """

    def __init__(
        self,
        module: Any,
        example_input: Any = None,
        *,
        layers: Sequence[str] = (),
        threshold: float = 0.0,
        every: int = 1,
        timeout: float = _SECONDS,
        on_ill_posed: Callable[[Event], object] | None = None,
        **options: Any,
    ) -> None:
        if every < 1:
            raise ValueError("every is a number of steps, at least 1")
        self._module = module
        self._reading = {"layers": layers, "threshold": threshold, "example": example_input}
        self._every = every
        self._timeout = timeout
        self._on_ill_posed = on_ill_posed
        self._options = options
        self._steps = 0
        self._decided: dict[Support, tuple[str, str]] = {}
        self.verdicts: dict[str, str] = {}
        self.events: list[Event] = []
        self._look(0)

    def step(self) -> list[Event]:
        """Count a step, and look. The changes of verdicts since the last look, which are in ``events`` too."""
        self._steps += 1
        return self._look(self._steps) if self._steps % self._every == 0 else []

    def attach(self, optimizer: Any) -> Any:
        """Look after each step of a ``torch.optim.Optimizer``; ``remove()`` of what is returned ends that."""
        return optimizer.register_step_post_hook(lambda *_: self.step())

    def _look(self, step: int) -> list[Event]:
        model = model_of_module(self._module, **self._reading)
        pairs = [pair for network in model.networks for pair in network.pairs or (network.support,)]
        changes = []
        for pair in pairs:
            now, reason = self._verdict(pair)
            before = self.verdicts.get(pair.name, "")
            if now != before:
                self.verdicts[pair.name] = now
                changes.append(Event(step, pair.name, before, now, reason))
        self.events += changes
        for event in changes:
            if event.now == "ill-posed":
                self._warn(event)
        return changes

    def _verdict(self, pair: Support) -> tuple[str, str]:
        if pair not in self._decided:
            report = judge_support(
                pair,
                lambda support, seconds: decide(support, timeout=seconds, **self._options),
                (None, None),
                self._timeout,
            )
            self._decided[pair] = report.verdict, report.reason
        return self._decided[pair]

    def _warn(self, event: Event) -> None:
        warnings.warn(str(event), PairIllPosed, stacklevel=4)
        if self._on_ill_posed is not None:
            self._on_ill_posed(event)
