"""What a ``torch.nn.Module`` does with one input, recorded as a graph where ``torch.fx`` cannot trace its forward pass.

Calls of linear layers are seen by hooks, all other operations by a ``TorchFunctionMode``; the graph has the form that
``torch.fx`` gives. It is that of one run: on another input a forward pass with branches may do something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

from qeclose.errors import UsageError

__all__ = ["recorded_graph"]


def recorded_graph(module: Any, example: Any) -> Any:
    """The graph of ``module(example)`` (a tuple: ``module(*example)``, a mapping: by name), in evaluation, without gradients.

    The module is left as it was. Raises ``UsageError`` if the forward pass fails on this input.
    """
    torch: Any = import_module("torch")
    recorder = _Recorder(torch, module)
    places: tuple[Any, ...] = example if isinstance(example, tuple) else ()
    named: dict[str, Any] = dict(example) if isinstance(example, Mapping) else {}
    if not places and not named:
        places = (example,)
    for number, value in enumerate((*places, *named.values())):
        recorder.take_input(number, value)
    with ExitStack() as stack:
        stack.enter_context(_evaluating(module))
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.random.fork_rng(devices=[]))
        stack.enter_context(recorder.listening())
        try:
            result = module(*places, **named)
        except Exception as error:
            # Whatever the module's own forward raises.
            reason = " ".join(str(error).split())[:200]
            raise UsageError(f"{type(module).__name__} fails on the example input: {reason}") from None
    recorder.graph.output(tuple(recorder.node(one) for one in _tensors(torch, result)))
    return recorder.graph


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """The module in evaluation, so that no statistics change; each part as it was afterwards."""
    before = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in before:
            part.training = training


def _constant() -> None:
    """Stands in the graph for what comes from elsewhere: parameters, buffers, new tensors."""


class _Recorder:
    """Makes the graph as the calls come. Tensors are kept, so that no other gets the identity of one that is gone."""

    def __init__(self, torch: Any, module: Any) -> None:
        self.graph: Any = import_module("torch.fx").Graph()
        self._torch = torch
        self._module = module
        self._nodes: dict[int, Any] = {}
        self._kept: list[Any] = []
        self._inside = 0

    def take_input(self, number: int, value: Any) -> None:
        for tensor in _tensors(self._torch, value):
            self._note(tensor, self.graph.placeholder(f"input_{number}"))

    def node(self, tensor: Any) -> Any:
        """What gave this tensor."""
        if id(tensor) not in self._nodes:
            self._note(tensor, self.graph.call_function(_constant))
        return self._nodes[id(tensor)]

    def _note(self, tensor: Any, node: Any) -> None:
        self._nodes[id(tensor)] = node
        self._kept.append(tensor)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Inside, calls are recorded; inside a linear layer, none but its own."""
        recorder = self

        class Mode(import_module("torch.overrides").TorchFunctionMode):  # type: ignore[misc]
            def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                result = func(*args, **(kwargs or {}))
                recorder.call(func, (args, kwargs or {}), result)
                return result

        linear = import_module("torch.nn").Linear
        handles: list[tuple[Any, Any]] = []
        for name, part in self._module.named_modules(remove_duplicate=False):
            if isinstance(part, linear) and not any(one is part for one, _ in handles):
                handles.append((part, part.register_forward_pre_hook(self._enter)))
                handles.append((part, part.register_forward_hook(self._leaver(name), always_call=True)))
        try:
            with Mode():
                yield
        finally:
            for _, handle in handles:
                handle.remove()

    def _enter(self, _part: Any, _inputs: Any) -> None:
        self._inside += 1

    def _leaver(self, name: str) -> Any:
        def leave(_part: Any, inputs: Any, output: Any) -> None:
            self._inside -= 1
            if output is not None and not self._inside:
                given = tuple(self.node(one) for one in _tensors(self._torch, inputs))
                self._note(output, self.graph.call_module(name, given))

        return leave

    def call(self, func: Any, given: Any, result: Any) -> None:
        results = _tensors(self._torch, result)
        name = getattr(func, "__name__", "")
        if self._inside or (name == "__get__" and not results):
            return  # its shape, its type: nothing of what is in it
        arguments = tuple(self.node(one) for one in _tensors(self._torch, given))
        node = self.graph.call_function(func, arguments)
        for tensor in results:
            self._note(tensor, node)


def _tensors(torch: Any, value: Any) -> list[Any]:
    """All tensors in a value of nested lists, tuples and mappings."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, Mapping):
        return [one for part in value.values() for one in _tensors(torch, part)]
    if isinstance(value, list | tuple):
        return [one for part in value for one in _tensors(torch, part)]
    return []
