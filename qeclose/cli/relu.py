"""``qeclose relu``."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qeclose.cli.options import SET_NAMES, engine_options, format_option, output_option, volume_options
from qeclose.cli.output import opened_output
from qeclose.cli.progress import Progress
from qeclose.decide.verdict import Status, Verdict, run_json
from qeclose.errors import UsageError
from qeclose.supervise import Ended, Helper, in_phase
from qeclose.supervise.helper import Watch

if TYPE_CHECKING:
    from qeclose.networks import Biases, Training
    from qeclose.support.model import Support

__all__ = ["command"]

_SYNTAXES = ("qepcad", "redlog", "smtlib", "mathematica", "maple", "latex", "sympy")


@click.command(
    "relu",
    epilog="""\b
Examples:
  qeclose relu supports/lu-2.txt --dataset trap.json; qeclose verify trap.json
  qeclose relu model.safetensors                    each pair of consecutive layers
  qeclose relu net.txt --hidden-bias none
  qeclose relu net.txt --inputs points.csv --emit smtlib --set sentence

\b
Exit status, the worst over the networks: 0 well-posed, 1 ill-posed, 2 usage or input error,
3 undecided, 4 engine failure.""",
)
@click.argument("file", metavar="FILE")
@click.option(
    "--hidden-bias",
    default="all",
    metavar="all|none|DIGITS",
    show_default=True,
    help="Which hidden units have a bias, as digits 0 and 1 (two layers only).",
)
@click.option(
    "--output-bias",
    default="all",
    metavar="all|none|DIGITS",
    show_default=True,
    help="Which outputs have a bias.",
)
@click.option(
    "--dataset",
    metavar="FILE",
    help="Write a data set without an optimum: .npz, .csv, or .json (exact, with its certificate).",
)
@click.option(
    "--inputs",
    metavar="FILE",
    help="Decide for these inputs alone, a point a line or what --dataset wrote, by engines (tiny networks).",
)
@click.option(
    "--emit",
    "syntax",
    type=click.Choice(_SYNTAXES),
    help="Print the formula of the outputs possible on --inputs; decide nothing.",
)
@click.option(
    "--set",
    "which",
    type=click.Choice(SET_NAMES),
    default="e",
    show_default=True,
    help="With --emit: the image (e), or a set made of it.",
)
@engine_options
@format_option
@output_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice.")
@volume_options
def command(
    file: str,
    hidden_bias: str,
    output_bias: str,
    dataset: str | None,
    inputs: str | None,
    syntax: str | None,
    which: str,
    engines: tuple[str, ...],
    paths: dict[str, Path],
    timeout: float,
    memory_mb: int,
    layout: str,
    output: str | None,
    seed: int,
    verbose: bool,
    quiet: bool,
) -> None:
    """What is known of training the ReLU network with these supports.

    I (or F1) is the support of the last layer's weights, JT (or FL) that of the first layer's. A model file
    (.safetensors, .npz, or .pt if PyTorch is installed) is read as pairs of consecutive layers.
    """
    from qeclose.networks.models import read_networks

    progress = Progress(verbose=verbose, quiet=quiet)
    options = {"memory_mb": memory_mb, "paths": paths}
    with Helper(memory_mb) as helper:
        supports = helper.call(partial(in_phase, f"reading {file}", read_networks, file), seconds=timeout)
        if isinstance(supports, Ended):
            raise supports.error(file)
        if syntax is not None or inputs is not None:
            network, points = _network_on_points(supports, inputs)
            if not hidden_bias == output_bias == "all" or dataset is not None:
                raise UsageError("--inputs is about networks with all biases, and goes without --dataset")
            if syntax is not None:
                _emit(network, points, syntax, which, output)
                return
            if len(engines) > 1:
                raise UsageError("--inputs takes one --engine")
            options |= {"timeout": timeout, "engine": engines[0] if engines else "auto"}
            status = _decide_image(network, points, layout, output, options, helper, progress)
            click.get_current_context().exit(status)
        if dataset is not None and len(supports) != 1:
            raise UsageError(f"a data set is for one network; {file} has {len(supports)}")
        options |= {"engines": engines, "seed": seed}
        statuses: list[Status] = []
        with opened_output(output) as stream:
            for support in supports:
                biases = _biases(support, hidden_bias, output_bias)
                helper.start()
                with progress.during(support.name or support.source, timeout):
                    work = partial(_trainings, support, biases, timeout, options)
                    found = helper.call(work, seconds=timeout, watch=progress.watch, tell=progress.tell)
                whole, *pairs = _ended(found, support, biases) if isinstance(found, Ended) else found
                written = None if dataset is None else _write(dataset, whole)
                stream.write(_layout(layout, whole, pairs, written))
                stream.flush()
                statuses.append(whole.status)
    click.get_current_context().exit(Status.worst(statuses))


def _trainings(
    support: Support,
    biases: Biases | None,
    timeout: float,
    options: dict[str, Any],
    watch: Watch | None = None,
) -> list[Training]:
    """The verdict on the network, then those on its pairs of consecutive layers; in the helper."""
    from qeclose.decide.strategy import check
    from qeclose.networks.training import by_cones, judge, layer_pairs

    pairs = layer_pairs(support)
    # Half of the time is for the whole network, the other half is shared by the pairs.
    shares = [timeout / 2, *[timeout / 2 / len(pairs)] * len(pairs)] if pairs else [timeout]
    found = []
    for network, share in zip([support, *pairs], shares, strict=True):
        own = biases if network is support else None
        known = by_cones(network, own)
        if known is None:
            known = judge(network, check(network, timeout=share, watch=watch, **options), own)
        found.append(known)
    return found


def _ended(ended: Ended, support: Support, biases: Biases | None) -> list[Training]:
    from qeclose.networks.training import judge

    failures = (ended.reason,) if ended.kind == "crash" else ()
    return [judge(support, Verdict(support, "undecided", "", 0.0, ended.reason, failures=failures), biases)]


def _biases(support: Support, hidden: str, output: str) -> Biases | None:
    from qeclose.networks import Biases

    if len(support.factors) == 2:
        return Biases.parse(hidden, output, (support.inner[0], support.shape[0]))
    if hidden != "all" or output != "all":
        raise UsageError("with more than two layers nothing is known unless every unit has a bias")
    return None


def _write(path: str, training: Training) -> str | None:
    from qeclose.networks import DataSet
    from qeclose.networks.files import is_exact, write_dataset

    if training.verdict != "ill-posed" or training.frontier is None or training.biases is None:
        click.echo(
            "qeclose: no data set: it takes two layers and a matrix outside E that is a limit", err=True
        )
        return None
    data = DataSet.of(training.support, training.frontier, training.biases)
    write_dataset(path, data)
    if not path.lower().endswith(".json") and not is_exact(data):
        click.echo(f"qeclose: warning: {path} is rounded; the exact data need a .json file", err=True)
    return path


def _layout(layout: str, whole: Training, pairs: list[Training], written: str | None) -> str:
    from qeclose.report.training import training_report

    if layout == "json":
        shown = {**whole.to_json(), "pairs": [pair.to_json() for pair in pairs], "dataset": written}
        return json.dumps(shown) + "\n"
    text = training_report(whole, written=written)
    if pairs:
        text += "the networks made of two consecutive layers alone (nothing proven about the whole):\n"
        text += "".join(training_report(pair) for pair in pairs)
    return text


def _network_on_points(
    supports: list[Support], inputs: str | None
) -> tuple[Support, list[tuple[Fraction, ...]]]:
    from qeclose.networks.points import read_points

    if inputs is None or len(supports) != 1:
        raise UsageError("--emit needs --inputs, and --inputs a file with one network")
    return supports[0], read_points(inputs)


def _emit(
    network: Support, points: list[tuple[Fraction, ...]], syntax: str, which: str, output: str | None
) -> None:
    from qeclose.formula.builders import SetName
    from qeclose.formula.printers import PRINTERS
    from qeclose.networks.image import image_formula

    formula = image_formula(network, points, SetName(which))
    with opened_output(output) as stream:
        stream.write(PRINTERS[syntax](formula).rstrip("\n") + "\n")


def _decide_image(
    network: Support,
    points: list[tuple[Fraction, ...]],
    layout: str,
    output: str | None,
    options: dict[str, Any],
    helper: Helper,
    progress: Progress,
) -> Status:
    from qeclose.networks.deciding import decide_image

    seconds = options["timeout"]
    helper.start()
    with progress.during(network.name, seconds):
        work = partial(decide_image, network, points, **options)
        finding = helper.call(work, seconds=seconds, watch=progress.watch, tell=progress.tell)
    if isinstance(finding, Ended):
        if finding.kind == "crash":
            raise finding.error(network.name)
        finding = finding.reason
    if isinstance(finding, str):
        verdict, reason, status = "undecided", finding, Status.UNDECIDED
    elif finding.closed:
        verdict, status = "well-posed", Status.WELL_POSED
        reason = f"the set E of possible outputs is closed: {finding.reason}"
    else:
        verdict, status = "ill-posed", Status.ILL_POSED
        reason = f"the set E of possible outputs is not closed: {finding.reason}"
    runs = [] if isinstance(finding, str) else [run_json(run) for run in finding.runs]
    shown = {"schema": 1, "name": network.name, "inputs": len(points), "verdict": verdict, "reason": reason}
    with opened_output(output) as stream:
        if layout == "json":
            stream.write(json.dumps({**shown, "engines": runs}) + "\n")
        else:
            stream.write(
                f"{network.name}: training on these {len(points)} inputs is {verdict} (all targets)\n"
            )
            stream.write(f"  why      {reason}\n")
    return status
