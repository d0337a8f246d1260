"""Which tensors of a model file are the weights of layers, and which layer is known to follow which.

A file of weights says neither what happens between two layers nor, mostly, in which order they are applied. A layer is taken
to follow another only if

* their names number them within one module (``net.0`` and ``net.2``, ``fc1`` and ``fc2``), and nothing that has weights of
  its own may stand between them; or
* the file keeps the order of definition and holds nothing but linear layers of one module, all of which chain in that order; or
* the user says so.

Shapes that chain are necessary, never sufficient.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

__all__ = [
    "TRACED",
    "Chain",
    "Layer",
    "LayoutError",
    "LeftOut",
    "Plan",
    "Tensor",
    "is_counter",
    "plan_layers",
]

BY_NUMBER = "the numbers in their names"
BY_DEFINITION = "the order in which the file defines them"
BY_USER = "as given (--layers)"
TRACED = "traced through the module (torch.fx)"

_SEPARATOR = r"[./]"
# How a weight is called beside its layer; PyTorch saves a pruned weight W as what it was, W_orig, and its mask, W_mask.
_VALUES = re.compile(r"(?:(?P<layer>.+?)[./_])?(?P<kind>weight|kernel|bias)(?:_orig)?")
_SHORT = re.compile(r"(?P<layer>.+)[./](?P<kind>[Wwb])")
_PARAMETRIZED = re.compile(r"(?P<layer>.*)\.parametrizations\.(?P<kind>weight|bias)\.original")
_PARAMETRIZED_MASK = re.compile(r"(?P<layer>.*)\.parametrizations\.(?P<kind>weight|bias)\.[0-9]+\.mask")
_MASK = re.compile(
    r"(?P<layer>.+?)[./_](?:(?:(?P<kind>weight|kernel|bias)[._]+)?(?:pruning_|sparse_|sparsity_)?masks?"
    r"|masks?_(?P<other>weight|kernel|bias))_*"
)
# Pieces of quantized weights as GPTQ, AWQ, compressed-tensors, bitsandbytes, HQQ and PyTorch itself store them.
_PACKED = re.compile(
    r"qweight|qzeros|scales|zeros|g_idx|SCB|_packed_params|W_q|q_scale|q_zero_point"
    r"|weight_(packed|shape|zero_point|scale|scale_inv|scale_2|format|compressed|bitmask)"
    r"|(weight\.)?(absmax|quant_map|nested_absmax|nested_quant_map|quant_state[._].*|bitmask|row_offsets|compressed)"
)
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>[0-9]{1,9})")
_ATTENTION = re.compile(
    r"(.*[._])?(attn|attention|[qkvo]_proj|out_proj|in_proj|qkv|wq|wk|wv|wo|c_attn)([._].*|[0-9]*)",
    re.IGNORECASE,
)
_TRIPLE = ("query", "key", "value")
_MAX_PERMUTED = 7
_EMBEDDING = re.compile(r"wte|wpe|.*emb.*", re.IGNORECASE)


class LayoutError(ValueError):
    """The question cannot be asked of this file as it stands; the message says why and how to ask it."""


@final
@dataclass(frozen=True, slots=True)
class Tensor:
    """What a file says of a tensor before its entries are read."""

    name: str
    shape: tuple[int, ...]
    integer: bool = False


@final
@dataclass(frozen=True, slots=True)
class Layer:
    """A linear layer: where its weight W (m×n, inside where nonzero) and its bias are in the file.

    The support of a weight with ``masks`` is where all of them are nonzero. ``turned``: the file holds Wᵀ, as Keras and
    Flax do. ``bias`` and its ``bias_masks`` are names of tensors, "" if there is no bias.
    """

    name: str
    weight: str
    shape: tuple[int, int]
    masks: tuple[str, ...] = ()
    turned: bool = False
    bias: str = ""
    bias_masks: tuple[str, ...] = ()

    def feeds(self, following: Layer) -> bool:
        """Whether the shapes chain."""
        return self.shape[0] == following.shape[1]


@final
@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tensor no answer takes into account though it may matter, and what it looks like."""

    tensor: str
    kind: str


@final
@dataclass(frozen=True, slots=True)
class Chain:
    """Layers each of which is known to follow the one before, first layer first, and how that is known."""

    layers: tuple[Layer, ...]
    order: str


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """The chains of a model; ``whole`` if a single one is all that the file holds, or all that was asked about."""

    chains: tuple[Chain, ...]
    whole: bool
    left_out: tuple[LeftOut, ...]


def plan_layers(tensors: Sequence[Tensor], *, ordered: bool, layers: Sequence[str] = ()) -> Plan:
    """The chains of linear layers among ``tensors``, which are in the order of definition if ``ordered``.

    ``layers`` are names of layers or tensors, first layer first, that the user says follow one another.
    Raises ``LayoutError`` where nothing is known, with how to ask.

    >>> pruned = [Tensor("a.0.weight", (3, 2)), Tensor("a.2.weight_orig", (1, 3)), Tensor("a.2.weight_mask", (1, 3))]
    >>> (chain,) = plan_layers(pruned, ordered=False).chains
    >>> [(layer.name, layer.masks) for layer in chain.layers]
    [('a.0', ()), ('a.2', ('a.2.weight_mask',))]
    """
    model = _Model.of(tensors, ordered)
    if layers:
        return _asked(model, layers)
    if model.packed:
        raise LayoutError(_packed(model.packed))
    if model.stray_masks:
        names = ", ".join(model.stray_masks)
        raise LayoutError(
            f"looks like masks, but it is not known of which weights: {names}; "
            "name the tensors that hold the supports with --layers"
        )
    chains = tuple(_chains(model))
    if not chains:
        raise LayoutError(_unknown(model))
    whole = not model.matters and [len(chain.layers) for chain in chains] == [len(model.layers)]
    return Plan(chains, whole, _left_out(model, chains))


def plan_traced(
    tensors: Sequence[Tensor], chains: Sequence[Sequence[str]], *, whole: bool, order: str = TRACED
) -> Plan:
    """The same where it is known which layers follow one another, by their names. Raises ``LayoutError``."""
    model = _Model.of(tensors, ordered=True)
    found = tuple(Chain(tuple(_named(model, name) for name in names), order) for names in chains)
    return Plan(found, whole, _left_out(model, found))


def _left_out(model: _Model, chains: Iterable[Chain]) -> tuple[LeftOut, ...]:
    used = {layer.name for chain in chains for layer in chain.layers}
    idle = [
        LeftOut(layer.weight, "a linear layer whose place is not known")
        for layer in model.layers
        if layer.name not in used
    ]
    return (*model.matters, *idle)


# What the tensors are


@dataclass(slots=True)
class _Module:
    """The tensors of one module, by role."""

    name: str
    weight: Tensor | None = None
    turned: bool = False
    bias: Tensor | None = None
    masks: list[Tensor] = field(default_factory=list)
    bias_masks: list[Tensor] = field(default_factory=list)
    others: list[Tensor] = field(default_factory=list)

    @property
    def loose(self) -> Iterator[Tensor]:
        """All but the masks of the weight."""
        yield from (tensor for tensor in (self.weight, self.bias) if tensor is not None)
        yield from (*self.bias_masks, *self.others)


@dataclass(slots=True)
class _Model:
    """A file's linear layers, in its order, and all else in it that could matter."""

    tensors: Sequence[Tensor]
    ordered: bool
    layers: list[Layer]
    matters: list[LeftOut]
    packed: list[str]
    stray_masks: list[str]
    # Of each tensor its number in the file.
    place: Mapping[str, int]
    by_name: Mapping[str, Tensor]

    @classmethod
    def of(cls, tensors: Sequence[Tensor], ordered: bool) -> _Model:
        packed = [tensor.name for tensor in tensors if _is_packed(tensor.name)]
        # A module with a packed piece is packed: its weight may hold two numbers a byte.
        modules = _modules(
            [t for t in tensors if not any(_inside(piece, _role(t.name)[0]) for piece in packed)]
        )
        names = {module.name for module in modules}
        layers: list[Layer] = []
        matters: list[LeftOut] = []
        masks: list[Tensor] = []
        for module in modules:
            layer = _linear(module, modules)
            if layer is not None:
                layers.append(layer)
                continue
            kind = _kind(module, names)
            masks += module.masks
            matters += [LeftOut(tensor.name, kind) for tensor in module.loose if not is_counter(tensor)]
        layers, matters = _bare_biases(layers, matters, tensors)
        shapes = {layer.shape for layer in layers} | {layer.shape[::-1] for layer in layers}
        stray = [mask.name for mask in masks if mask.shape in shapes]
        matters += [LeftOut(mask.name, "a mask of something") for mask in masks if mask.name not in stray]
        place = {tensor.name: number for number, tensor in enumerate(tensors)}
        matters.sort(key=lambda out: place[out.tensor])
        by_name = {tensor.name: tensor for tensor in tensors}
        return cls(tensors, ordered, layers, matters, packed, stray, place, by_name)


def _is_packed(name: str) -> bool:
    """Whether a tensor belongs to a weight that is stored quantized, in pieces."""
    parts = _parts(name)
    return any(_PACKED.fullmatch(".".join(parts[first:])) for first in range(len(parts)))


def _inside(tensor: str, module: str) -> bool:
    """Whether a tensor is the module's."""
    return tensor == module or tensor.startswith((module + ".", module + "/"))


def _packed(names: Sequence[str]) -> str:
    return (
        f"packed quantized weights ({_some(names)}), whose zeros are not those of the network: "
        "dequantize the model and save it again"
    )


def _modules(tensors: Sequence[Tensor]) -> list[_Module]:
    """The tensors by module, in the order of the first of each."""
    modules: dict[str, _Module] = {}
    for tensor in tensors:
        name, role = _role(tensor.name)
        if role == "other" and len(tensor.shape) == 2 and not re.search(_SEPARATOR, tensor.name):
            # A matrix without a module, such as W1 in a hand-made file, is a weight by itself.
            name, role = tensor.name, "weight"
        module = modules.setdefault(name, _Module(name))
        match role:
            case "weight" | "kernel" if module.weight is None:
                module.weight, module.turned = tensor, role == "kernel"
            case "bias" if module.bias is None:
                module.bias = tensor
            case "mask":
                module.masks.append(tensor)
            case "bias mask":
                module.bias_masks.append(tensor)
            case _:
                module.others.append(tensor)
    return list(modules.values())


def _role(name: str) -> tuple[str, str]:
    """The module a tensor belongs to, and as what."""
    if any(part.lower() in ("mask", "masks") for part in _parts(name)[:-1]):
        return name, "mask"
    if match := _PARAMETRIZED.fullmatch(name):
        return match["layer"], match["kind"]
    if match := _PARAMETRIZED_MASK.fullmatch(name):
        return match["layer"], "mask" if match["kind"] == "weight" else "bias mask"
    if match := _MASK.fullmatch(name):
        kind = match["kind"] or match["other"] or "weight"
        return match["layer"], "bias mask" if kind == "bias" else "mask"
    if match := _VALUES.fullmatch(name):
        return match["layer"] or "", match["kind"]
    if match := _SHORT.fullmatch(name):
        return match["layer"], "bias" if match["kind"] == "b" else "weight"
    if "mask" in name.lower():
        return name, "mask"
    parent = _parent(name).partition(".parametrizations")[0]
    return parent or name, "other"


def _linear(module: _Module, modules: Sequence[_Module]) -> Layer | None:
    """The linear layer a module is, None if it is something else or more than that."""
    weight, bias = module.weight, module.bias
    if weight is not None and _PARAMETRIZED.fullmatch(weight.name) and not module.masks:
        return None
    if (
        weight is None
        or len(weight.shape) != 2
        or 0 in weight.shape
        or not all(map(is_counter, module.others))
    ):
        return None
    names = {other.name for other in modules}
    if _attends(module.name, names) or any(_EMBEDDING.fullmatch(part) for part in _parts(module.name)):
        return None
    # What has modules of its own, such as the matrices an adapter adds, is more than its weight.
    if any(name.startswith((module.name + ".", module.name + "/")) for name in names if module.name):
        return None
    return _layer(module, weight, bias)


def _attends(name: str, names: Collection[str]) -> bool:
    """Whether a module is part of attention, by its name and those of its neighbours."""
    parts = _parts(name)
    if any(_ATTENTION.fullmatch(part) for part in parts):
        return True
    stem = name[: len(name) - len(parts[-1])]
    return parts[-1] in _TRIPLE and all(stem + part in names for part in _TRIPLE)


def _parts(name: str) -> list[str]:
    return re.split(_SEPARATOR, name)


def _layer(module: _Module, weight: Tensor, bias: Tensor | None) -> Layer:
    for mask in module.masks:
        if mask.shape != weight.shape:
            raise LayoutError(
                f"{mask.name} looks like the mask of {weight.name}, but its shape is {_times(mask.shape)}, "
                f"not {_times(weight.shape)}"
            )
    rows, columns = weight.shape
    shape = (columns, rows) if module.turned else (rows, columns)
    return Layer(
        module.name,
        weight.name,
        shape,
        tuple(mask.name for mask in module.masks),
        module.turned,
        bias.name if bias is not None else "",
        tuple(mask.name for mask in module.bias_masks),
    )


def _bare_biases(
    layers: list[Layer], matters: list[LeftOut], tensors: Sequence[Tensor]
) -> tuple[list[Layer], list[LeftOut]]:
    """Biases of hand-made files given to their weights: b1 to W1, fc1_b to fc1."""
    sizes = {tensor.name: tensor.shape for tensor in tensors}
    found: dict[str, str] = {}
    for out in matters:
        if len(_parts(out.tensor)) > 1 or len(sizes[out.tensor]) != 1:
            continue
        stem = _stem(out.tensor, r"bias|b")
        owners = [
            layer
            for layer in layers
            if not layer.bias
            and _stem(layer.weight, r"weight|kernel|w") == stem
            and sizes[out.tensor] == layer.shape[:1]
        ]
        if len(owners) == 1:
            found[owners[0].name] = out.tensor
    taken = set(found.values())
    with_biases = [
        Layer(l.name, l.weight, l.shape, l.masks, l.turned, found.get(l.name, l.bias), l.bias_masks)
        for l in layers
    ]
    return with_biases, [out for out in matters if out.tensor not in taken]


def _stem(name: str, word: str) -> str:
    return re.sub(rf"(^|_)({word})(?=_|[0-9]|$)", "", name, flags=re.IGNORECASE).strip("_").lower()


def is_counter(tensor: Tensor) -> bool:
    """Whether a tensor is a single whole number, such as a count of batches seen."""
    return tensor.integer and all(side == 1 for side in tensor.shape)


def _kind(module: _Module, names: Collection[str]) -> str:
    """What a module that is no linear layer looks like."""
    leaves = {_parts(tensor.name)[-1] for tensor in module.loose}
    dims = -1 if module.weight is None else len(module.weight.shape)
    if any(leaf.startswith(("weight_ih", "weight_hh", "bias_ih", "bias_hh")) for leaf in leaves):
        return "a recurrent layer"
    if any(_EMBEDDING.fullmatch(part) for part in _parts(module.name)):
        return "an embedding"
    if _attends(module.name, names):
        return "attention"
    if "running_mean" in leaves or dims == 1:
        return "normalisation, or an activation with weights"
    if dims > 2:
        return "a convolution"
    return "a linear layer with more than a weight and a bias" if dims == 2 else "no linear layer"


# Which follows which


def _chains(model: _Model) -> Iterator[Chain]:
    """The chains that are known, each as long as can be."""
    if (chain := _everything(model)) is not None:
        yield chain
        return
    follows = {first.name: second for first, second in _numbered_pairs(model)}
    later = {layer.name for layer in follows.values()}
    for layer in model.layers:
        if layer.name in follows and layer.name not in later:
            found = [layer]
            while (following := follows.get(found[-1].name)) is not None:
                found.append(following)
            yield Chain(tuple(found), BY_NUMBER)


def _everything(model: _Model) -> Chain | None:
    """All layers as one chain, if the file holds nothing else and numbers or keeps their order."""
    layers = model.layers
    if model.matters or len(layers) < 2 or len({_parent(layer.name) for layer in layers}) != 1:
        return None
    families = {_family(layer.name)[:2] for layer in layers}
    numbered = sorted(layers, key=lambda layer: _family(layer.name)[2])
    if len(families) == 1 and _family(layers[0].name)[2] >= 0:
        agree = not model.ordered or numbered == layers
        different = len({_family(layer.name)[2] for layer in layers}) == len(layers)
        return Chain(tuple(numbered), BY_NUMBER) if agree and different and _chained(numbered) else None
    if model.ordered and _chained(layers) and all(_rising(model, family) for family in families):
        return Chain(tuple(layers), BY_DEFINITION)
    return None


def _rising(model: _Model, family: tuple[str, str]) -> bool:
    """Whether the file defines the layers of a family in the order of their numbers."""
    numbers = [_family(layer.name)[2] for layer in model.layers if _family(layer.name)[:2] == family]
    return numbers == sorted(numbers)


def _chained(layers: Sequence[Layer]) -> bool:
    return all(first.feeds(second) for first, second in itertools.pairwise(layers))


def _numbered_pairs(model: _Model) -> Iterator[tuple[Layer, Layer]]:
    """The pairs of layers numbered one after the other, between which nothing may stand."""
    families: dict[tuple[str, str], list[tuple[int, Layer]]] = {}
    for layer in model.layers:
        parent, stem, number = _family(layer.name)
        if number >= 0:
            families.setdefault((parent, stem), []).append((number, layer))
    for (parent, stem), members in families.items():
        members.sort(key=lambda member: member[0])
        for (low, first), (high, second) in itertools.pairwise(members):
            # A gap is what activations leave in a list of modules; fc1 and fc3 without an fc2 are a riddle.
            if (
                first.feeds(second)
                and (not stem or high == low + 1)
                and not _between(model, parent, first, second)
            ):
                yield first, second


def _between(model: _Model, parent: str, first: Layer, second: Layer) -> bool:
    """Whether something with weights may stand between two layers of one numbered family."""
    low, high = _family(first.name)[2], _family(second.name)[2]
    start, end = model.place[first.weight], model.place[second.weight]
    if model.ordered and start > end:
        return True
    rivals = [(out.tensor, model.by_name[out.tensor].shape) for out in model.matters]
    rivals += [
        (layer.weight, layer.shape)
        for layer in model.layers
        if _family(layer.name)[:2] != _family(first.name)[:2]
    ]
    for tensor, shape in rivals:
        number = _numbered_under(tensor, parent)
        if number is not None and not _family(first.name)[1]:
            if low < number < high:
                return True
            continue
        if model.ordered and start < model.place[tensor] < end:
            return True
        if not model.ordered and _under(tensor, parent):
            return True
        if shape == first.shape[:1]:
            # Normalisation as wide as the units between the two, which a file may list anywhere.
            return True
    return False


def _parent(name: str) -> str:
    return name[: max(name.rfind("."), name.rfind("/"), 0)]


def _family(name: str) -> tuple[str, str, int]:
    """The module a layer is in, its name there without the number at the end, and that number, −1 if there is none."""
    parent = _parent(name)
    own = name[len(parent) :].lstrip("./")
    match = _NUMBERED.fullmatch(own)
    return (parent, own, -1) if match is None else (parent, match["stem"].rstrip("_-"), int(match["number"]))


def _under(tensor: str, parent: str) -> bool:
    return not parent or tensor.startswith((parent + ".", parent + "/"))


def _numbered_under(tensor: str, parent: str) -> int | None:
    """k if the tensor belongs to parent.k; None otherwise."""
    if not _under(tensor, parent):
        return None
    own = _parts(tensor[len(parent) :].lstrip("./"))[0]
    return int(own) if own.isdecimal() and own.isascii() and len(own) < 10 else None


# What the user says


def _asked(model: _Model, names: Sequence[str]) -> Plan:
    layers = tuple(_named(model, name) for name in names)
    if len(layers) < 2:
        raise LayoutError("--layers names at least two layers, the first first")
    if len({layer.weight for layer in layers}) < len(layers):
        raise LayoutError("--layers names a layer twice; layers that share a weight are another network")
    for first, second in itertools.pairwise(layers):
        if not first.feeds(second):
            raise LayoutError(
                f"{second.name} ({_times(second.shape)}) cannot follow {first.name} ({_times(first.shape)}): "
                f"it takes {second.shape[1]} values, not {first.shape[0]}"
            )
    chains = (Chain(layers, BY_USER),)
    return Plan(chains, True, _left_out(model, chains))


def _named(model: _Model, name: str) -> Layer:
    """The layer of this name, or of the only name that ends in it; or a tensor taken as it is."""
    for layer in model.layers:
        if name in (layer.name, layer.weight):
            return layer
    module = name.removesuffix(".weight")
    if packed := [tensor for tensor in model.packed if _inside(tensor, module)]:
        raise LayoutError(_packed(packed))
    for other in _modules(model.tensors):
        if other.weight is not None and name in (other.name, other.weight.name):
            return _layer(other, _matrix(other.weight), other.bias)
    if name in model.by_name:
        return _layer(_Module(name), _matrix(model.by_name[name]), None)
    ending = [layer for layer in model.layers if layer.name.endswith(("." + name, "/" + name))]
    if len(ending) == 1:
        return ending[0]
    what = f"several layers end in {name!r}" if ending else f"no layer is called {name!r}"
    known = _some([layer.name for layer in model.layers])
    raise LayoutError(f"{what}; linear layers here: {known or 'none'}")


def _matrix(tensor: Tensor) -> Tensor:
    if len(tensor.shape) != 2 or 0 in tensor.shape:
        raise LayoutError(
            f"{tensor.name} has the shape {_times(tensor.shape)}, and is no linear layer's matrix"
        )
    return tensor


# How to ask


def _unknown(model: _Model) -> str:
    if len(model.layers) < 2:
        left = [out.tensor for out in model.matters]
        rest = f"; not a linear layer: {_some(left)}" if left else ""
        return f"{'one linear layer' if model.layers else 'no linear layer'} here, where two are needed{rest}"
    shown = _some([f"{layer.name} ({_times(layer.shape)})" for layer in model.layers])
    others = _some([f"{out.tensor} ({out.kind})" for out in model.matters])
    rest = f"; what may stand between: {others}" if others else ""
    return (
        f"which layer follows which is not known: {shown}; say it with relu --layers{_proposal(model)}{rest}"
    )


def _proposal(model: _Model) -> str:
    """The order in which all the shapes chain, if there is just one; it need not be that of the network."""
    orders = itertools.permutations(model.layers) if len(model.layers) <= _MAX_PERMUTED else ()
    chained = list(itertools.islice(filter(_chained, orders), 2))
    if len(chained) != 1:
        return " FIRST,SECOND,…"
    return " (the shapes chain as " + ",".join(layer.name for layer in chained[0]) + ")"


def _some(names: Sequence[str], limit: int = 12) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def _times(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "()"
