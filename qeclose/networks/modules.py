"""Which layers of a ``torch.nn.Module`` follow one another: its forward pass is traced with ``torch.fx``, which runs no data.

Where that is not possible, one run on an example input says it (``networks.recorded``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from qeclose.errors import UsageError
from qeclose.files.layers import TRACED, plan_traced
from qeclose.files.model import Model, model_of, model_of_plan
from qeclose.networks.recorded import recorded_graph
from qeclose.networks.torch_weights import TorchWeights

__all__ = ["model_of_module"]

_RELU_FUNCTIONS = ("relu", "relu_")
_DROPOUTS = ("dropout", "Dropout", "Identity")


_RUN = "seen in a run on the example input"
_ONE_RUN = (
    "the order is that of one run on the example input; on others the forward pass may do something else"
)


def model_of_module(
    module: Any, *, layers: Sequence[str] = (), threshold: float = 0.0, example: Any = None
) -> Model:
    """The chains of linear layers with a ReLU and nothing else between, or the ``layers`` named by the user.

    ``example`` is an input (a tuple or a mapping of several), for modules that cannot be traced without.
    Raises ``UsageError`` if the module cannot be traced or there is no chain, ``InputError`` for weights that cannot be read.
    """
    name = type(module).__name__
    weights = TorchWeights(name, dict(module.state_dict()))
    if layers:
        return model_of(weights, name, layers=layers, threshold=threshold)
    graph, traced = _graph(module, example)
    linear = _linear_nodes(module, graph)
    chains = list(_chains(module, graph, linear))
    if not chains:
        raise UsageError(
            f"{name} has no two linear layers between which there is a ReLU and nothing else; "
            "name the layers meant with layers=[…]"
        )
    whole = len(chains) == 1 and _is_all(module, chains[0])
    names = [[str(node.target) for node in chain] for chain in chains]
    order = TRACED if traced else _RUN
    plan = plan_traced(weights.tensors, names, whole=whole, order=order)
    notes = [*(() if traced else (_ONE_RUN,)), *_notes(module, graph, names)]
    return model_of_plan(weights, name, plan, threshold, notes=tuple(notes))


def _graph(module: Any, example: Any) -> tuple[Any, bool]:
    """What the forward pass does, and whether it is known for all inputs."""
    try:
        return _traced(module), True
    except UsageError:
        if example is None:
            raise
        return recorded_graph(module, example), False


def _traced(module: Any) -> Any:
    fx: Any = import_module("torch.fx")
    try:
        return fx.symbolic_trace(module).graph
    except Exception as error:
        # Whatever the module's own forward raises on the stand-ins for tensors.
        reason = " ".join(str(error).split())[:200]
        problem = f"{type(module).__name__} cannot be traced ({reason})"
        problem += "; give an example_input, or name its layers with layers=[…]"
        raise UsageError(problem) from None


def _linear_nodes(module: Any, graph: Any) -> set[Any]:
    """The calls of linear layers that are called once and share their weight with no other."""
    nn: Any = import_module("torch.nn")
    calls = [node for node in graph.nodes if node.op == "call_module"]
    uses = Counter(node.target for node in calls)
    linear = [node for node in calls if isinstance(_called(module, node), nn.Linear)]
    places = Counter(_places(module, node) for node in linear)
    return {node for node in linear if uses[node.target] == 1 and places[_places(module, node)] == 1}


def _places(module: Any, node: Any) -> tuple[int, ...]:
    """Where in memory the parameters of a layer are."""
    return tuple(
        parameter.data_ptr() or id(parameter)
        for name, parameter in _called(module, node).named_parameters()
        if "bias" not in name
    )


def _called(module: Any, node: Any) -> Any:
    return module.get_submodule(node.target)


def _chains(module: Any, graph: Any, linear: set[Any]) -> Iterator[list[Any]]:
    follows = {node: _following(module, node, linear) for node in graph.nodes if node in linear}
    later = set(follows.values())
    for node in follows:
        if follows[node] is not None and node not in later:
            chain = [node]
            while (following := follows.get(chain[-1])) is not None:
                chain.append(following)
            yield chain


def _following(module: Any, node: Any, linear: set[Any]) -> Any:
    """The linear layer that takes what ``node`` gives through one ReLU at least, None if anything else has a part."""
    rectified = False
    while len(node.users) == 1:
        (node,) = node.users
        if node in linear:
            return node if rectified else None
        if _is_relu(module, node):
            rectified = True
        elif not _is_dropout(module, node):
            return None
    return None


def _is_relu(module: Any, node: Any) -> bool:
    nn: Any = import_module("torch.nn")
    match node.op:
        case "call_module":
            return type(_called(module, node)) is nn.ReLU
        case "call_function":
            return getattr(node.target, "__name__", "") in _RELU_FUNCTIONS and _from_torch(node.target)
        case "call_method":
            return node.target in _RELU_FUNCTIONS
    return False


def _is_dropout(module: Any, node: Any) -> bool:
    """Whether a call changes nothing but, perhaps, what is left out at random in training."""
    match node.op:
        case "call_module":
            called = _called(module, node)
            return type(called).__name__ in _DROPOUTS and _from_torch(type(called))
        case "call_function":
            return getattr(node.target, "__name__", "") in _DROPOUTS and _from_torch(node.target)
    return False


def _is_identity(module: Any, node: Any) -> bool:
    return node.op == "call_module" and type(_called(module, node)).__name__ == "Identity"


def _from_torch(target: Any) -> bool:
    home = getattr(target, "__module__", "") or ""
    return home.partition(".")[0] in ("torch", "") or "torch" in str(target)


def _is_all(module: Any, chain: Sequence[Any]) -> bool:
    """Whether the chain is the whole forward pass, the input flattened perhaps."""
    before = chain[0].args[0]
    while before.op != "placeholder":
        if not (_is_dropout(module, before) or _is_flatten(module, before)) or len(before.users) != 1:
            return False
        before = before.args[0]
    after = chain[-1]
    while len(after.users) == 1:
        (after,) = after.users
        if after.op == "output":
            return len(before.users) == 1
        if not _is_dropout(module, after):
            return False
    return False


def _is_flatten(module: Any, node: Any) -> bool:
    if node.op == "call_module":
        return type(_called(module, node)).__name__ == "Flatten"
    return node.op in ("call_function", "call_method") and (
        getattr(node.target, "__name__", node.target) in ("flatten", "view", "reshape")
    )


def _notes(module: Any, graph: Any, chains: Sequence[Sequence[str]]) -> Iterator[str]:
    if any(_is_dropout(module, node) and not _is_identity(module, node) for node in graph.nodes):
        yield "dropout is left out: the answer is for training without it"
    for name in (name for chain in chains for name in chain):
        for parameter, value in module.get_submodule(name).named_parameters():
            if not value.requires_grad:
                yield f"{name}.{parameter} is not trained (requires_grad is False); the answer is for training it"
