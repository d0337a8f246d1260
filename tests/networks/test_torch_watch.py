"""``qeclose.torch``: the order seen in a run, and the watch over pairs while a module is pruned; docs/pytorch.md."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

import qeclose
from qeclose.errors import UsageError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
nn = torch.nn

PAGE = (Path(__file__).parents[2] / "docs" / "pytorch.md").read_text()


class Loop(nn.Module):
    """Cannot be traced; ``middle`` is what stands between the layers."""

    def __init__(self, middle):
        super().__init__()
        self.last, self.first, self.middle = nn.Linear(2, 2), nn.Linear(2, 2), middle

    def forward(self, x):
        for _ in range(int(x.shape[0] > 0)):
            x = self.first(x)
        return self.last(self.middle(x))


def prune(layer, rows):
    from torch.nn.utils import prune

    prune.custom_from_mask(layer, "weight", torch.tensor(rows))


EXAMPLE = torch.ones(3, 2)


@pytest.mark.parametrize(
    "middle",
    [torch.relu, nn.ReLU(), nn.ReLU(inplace=True), nn.functional.relu_, lambda x: x.relu(),
     nn.Sequential(nn.Dropout(), nn.ReLU(), nn.Identity())],
)  # fmt: skip
def test_the_order_of_a_module_that_cannot_be_traced_is_seen_in_a_run(middle):
    module = Loop(middle)
    prune(module.first, [[1, 1], [0, 1]])
    prune(module.last, [[1, 0], [1, 1]])
    with pytest.raises(UsageError, match="give an example_input"):
        qeclose.torch.check(module)
    report = qeclose.torch.check(module, EXAMPLE, timeout=30)
    assert report.verdict == "ill-posed" and report.whole
    assert report.parts[0].layers == ("first", "last") and "example input" in report.parts[0].order
    assert any("on others" in line for line in report.warnings)


@pytest.mark.parametrize(
    "middle",
    [torch.tanh, lambda x: torch.relu(x) + x, lambda x: torch.relu(x) + 1, lambda x: torch.relu(x) * torch.ones(2),
     lambda x: x, nn.Sequential(nn.ReLU(), nn.BatchNorm1d(2)), lambda x: torch.relu(x) if x.sum() > 9e9 else x],
)  # fmt: skip
def test_what_stands_between_two_layers_makes_them_no_pair_in_a_run_either(middle):
    with pytest.raises(UsageError, match="no two linear layers"):
        qeclose.torch.check(Loop(middle), EXAMPLE)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, x):
        for _ in range(2 * int(x.shape[0] > 0)):
            x = torch.relu(self.one(x))
        return self.two(x)


def test_a_layer_that_runs_twice_is_no_network_of_its_own():
    with pytest.raises(UsageError, match="no two linear layers"):
        qeclose.torch.check(Twice(), EXAMPLE)


def test_a_run_leaves_the_module_as_it_was():
    module = Loop(nn.Sequential(nn.ReLU(), nn.Dropout()))
    module.first.eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    random = torch.get_rng_state()
    qeclose.torch.check(module, EXAMPLE)
    assert torch.equal(random, torch.get_rng_state())
    assert [part.training for part in (module, module.first, module.last)] == [True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not module.first._forward_hooks and not module.first._forward_pre_hooks


def test_an_example_that_does_not_fit_is_told():
    with pytest.raises(UsageError, match="fails on the example input"):
        qeclose.torch.check(Loop(torch.relu), torch.ones(3, 5))


def test_several_inputs_are_given_as_a_tuple_or_by_name():
    class Two(Loop):
        def forward(self, x, y):
            return super().forward(x + y)

    for example in ((EXAMPLE, EXAMPLE), {"x": EXAMPLE, "y": EXAMPLE}):
        report = qeclose.torch.check(Two(torch.relu), example)
        assert report.parts[0].layers == ("first", "last") and not report.whole


def sequential():
    return nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))


def test_the_watch_warns_at_the_step_where_a_pair_becomes_ill_posed_and_not_again():
    model = sequential()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    called = []
    watch = qeclose.torch.PruningWatch(model, on_ill_posed=called.append)
    handle = watch.attach(optimizer)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        optimizer.step()
        prune(model[2], [[1, 1], [0, 1]])
        optimizer.step()
        prune(model[4], [[1, 0], [1, 1]])
        optimizer.step()
        optimizer.step()
        handle.remove()
        optimizer.step()
    (warning,) = [one for one in told if one.category is qeclose.torch.PairIllPosed]
    assert str(warning.message).startswith("step 3: 2>4 is ill-posed (was undecided): ")
    assert watch.verdicts == {"0>2": "undecided", "2>4": "ill-posed"}
    assert [event.step for event in watch.events] == [0, 0, 3]
    assert [str(event) for event in called] == [str(warning.message)]


def test_the_watch_looks_at_every_nth_step_and_at_a_pair_of_supports_once(monkeypatch):
    import qeclose.torch as ours

    decided = []
    monkeypatch.setattr(ours, "judge_support", lambda pair, *_: decided.append(pair) or judged(pair))
    judged = lambda pair: type("Report", (), {"verdict": "undecided", "reason": pair.name})  # noqa: E731
    model = sequential()
    watch = ours.PruningWatch(model, every=2)
    for _ in range(5):
        watch.step()
    prune(model[0], [[1, 1], [0, 1]])
    assert watch.step() == []  # looked: the verdict is the same
    assert len(decided) == len({(pair.factors, pair.name) for pair in decided}) <= 3
    with pytest.raises(ValueError, match="at least 1"):
        ours.PruningWatch(model, every=0)


def test_the_examples_of_the_page_run(capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(code, "docs/pytorch.md", "exec"), {"__name__": "page"})  # noqa: S102 - our own page
    said = capsys.readouterr().out
    assert said.startswith("ill-posed\n") and "step 2: 0>2 is ill-posed (was undecided): " in said
    assert "('first', 'last') seen in a run on the example input" in said
