"""``qeclose relu``."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qeclose.cli.options import (
    SET_NAMES,
    FiniteRange,
    engine_options,
    format_option,
    output_option,
    seed_option,
    volume_options,
)
from qeclose.cli.output import opened_output
from qeclose.cli.progress import Progress
from qeclose.cli.terminal import complain
from qeclose.decide.options import Options
from qeclose.decide.verdict import Status, Verdict, run_json
from qeclose.errors import UsageError
from qeclose.supervise import Ended, Helper, in_phase
from qeclose.supervise.helper import Watch
from qeclose.supervise.start import less_start

if TYPE_CHECKING:
    from qeclose.files.model import Model
    from qeclose.networks import DataSet, Training
    from qeclose.networks.relu import NetworkReport
    from qeclose.support.model import Support

__all__ = ["command"]

_AFTER_READING = 0.1
_PICTURE_SECONDS = 60.0
_SYNTAXES = ("qepcad", "redlog", "smtlib", "mathematica", "maple", "latex", "sympy")


@click.command(
    "relu",
    epilog="""\b
Examples:
  qeclose generate lu n=2 | qeclose relu - --dataset trap.json; qeclose verify trap.json
  qeclose relu model.safetensors --layers encoder,decoder
  qeclose relu net.txt --hidden-bias none
  qeclose relu net.txt --plot training.png
  qeclose relu net.txt --inputs points.csv --emit smtlib --set sentence

\b
Exit status, the worst over the networks: 0 well-posed, 1 ill-posed, 2 usage or input error,
3 undecided, 4 engine failure.""",
)
@click.argument("file", metavar="FILE")
@click.option(
    "--hidden-bias",
    metavar="all|none|DIGITS",
    help="Which hidden units have a bias, as digits 0 and 1. Default: those the model has; all for masks.",
)
@click.option(
    "--output-bias",
    metavar="all|none|DIGITS",
    help="Which outputs have a bias. Default: as for the hidden units.",
)
@click.option(
    "--layers",
    metavar="NAME,NAME,…",
    help="The layers of a model file that follow one another, the first first.",
)
@click.option(
    "--threshold",
    type=FiniteRange(min=0),
    default=0.0,
    metavar="T",
    help="Weights of absolute value at most T are outside the support. Default: those that are 0.",
)
@click.option(
    "--dataset",
    metavar="FILE",
    help="Write a data set without an optimum: .npz, .csv, or .json (exact, with its certificate).",
)
@click.option(
    "--plot",
    "picture",
    metavar="FILE",
    help="Train on such a data set, and draw the loss falling while the weights grow: .png, .svg, .pdf.",
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
@seed_option
@volume_options
def command(
    file: str,
    hidden_bias: str | None,
    output_bias: str | None,
    layers: str | None,
    threshold: float,
    dataset: str | None,
    picture: str | None,
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

    I (or F1) is the support of the last layer's weights, JT (or FL) that of the first layer's. Of a model file
    (.safetensors, .npz, and .pt, .pth, .bin, .ckpt if PyTorch is installed) the layers are read that are known to follow
    one another; --layers says it where the file does not.
    """
    from qeclose.networks.models import read_networks

    if picture is not None:
        from qeclose.sampling.plot import require_plots

        require_plots(picture)
    progress = Progress(verbose=verbose, quiet=quiet)
    start, seconds = time.monotonic(), less_start(timeout)
    options: dict[str, Any] = {"memory_mb": memory_mb, "paths": paths}
    wanted = (hidden_bias, output_bias)
    with Helper(memory_mb) as helper:
        reading = partial(read_networks, layers=_names(layers), threshold=threshold)
        found = helper.call(partial(in_phase, f"reading {file}", reading, file), seconds=seconds)
        if isinstance(found, Ended):
            raise found.error(file)
        if syntax is not None or inputs is not None:
            network, points = _network_on_points(found, inputs)
            if not set(wanted) <= {None, "all"} or dataset is not None or picture is not None:
                problem = "--inputs is about networks with all biases, and goes without --dataset and --plot"
                raise UsageError(problem)
            if syntax is not None:
                _emit(network, points, syntax, which, output)
                return
            if len(engines) > 1:
                raise UsageError("--inputs takes one --engine")
            left = max(seconds + start - time.monotonic(), _AFTER_READING)
            options |= {"timeout": left, "engine": engines[0] if engines else "auto"}
            status = _decide_image(network, points, layout, output, options, helper, progress)
            click.get_current_context().exit(status)
        if (dataset is not None or picture is not None) and len(_supports(found)) != 1:
            raise UsageError(f"a data set is for one network; {file} has {len(_supports(found))}")
        asking = Options(engines=engines, memory_mb=memory_mb, seed=seed, paths=Options.pairs(paths))
        statuses: list[Status] = []
        with opened_output(output) as stream:
            for one in found if isinstance(found, list) else [found]:
                helper.start()
                left = max(seconds + start - time.monotonic(), _AFTER_READING)
                with progress.during(one.name or one.source, left):
                    work = partial(_judged, one, wanted, left, asking)
                    judged = helper.call(work, seconds=left, watch=progress.watch, tell=progress.tell)
                known = _ended(judged, one, wanted) if isinstance(judged, Ended) else judged
                if not quiet:
                    _warn(known)
                written = None if dataset is None else _write(dataset, known.training)
                if picture is not None:
                    _draw(picture, known.training, seed, progress)
                stream.write(_layout(layout, known, written))
                stream.flush()
                statuses.append(known.status)
                start, seconds = time.monotonic(), timeout
    click.get_current_context().exit(Status.worst(statuses))


def _judged(
    one: Support | Model,
    biases: tuple[str | None, str | None],
    timeout: float,
    options: Options,
    watch: Watch | None = None,
) -> NetworkReport:
    """What is known of a network; in the helper."""
    from qeclose.decide.strategy import decided
    from qeclose.networks.relu import judge

    def closure(part: Support, share: float) -> Verdict:
        return decided(part, replace(options, timeout=share), watch=watch)

    return judge(one, closure, biases, timeout)


def _ended(ended: Ended, one: Support | Model, biases: tuple[str | None, str | None]) -> NetworkReport:
    """The report of a network whose work was ended: what is known without it."""
    from qeclose.networks.relu import judge

    failures = (ended.reason,) if ended.kind == "crash" else ()

    def undecided(part: Support, _share: float) -> Verdict:
        return Verdict(part, "undecided", "", 0.0, ended.reason, failures=failures)

    return judge(one, undecided, biases, 1.0)


def _names(layers: str | None) -> list[str]:
    names = [] if layers is None else [name.strip() for name in layers.split(",")]
    if not all(names):
        raise UsageError("--layers is a list of names between commas, without an empty one")
    return names


def _supports(found: list[Support] | Model) -> list[Support]:
    from qeclose.files.model import Model

    return [network.support for network in found.networks] if isinstance(found, Model) else found


def _warn(network: NetworkReport) -> None:
    counts = Counter(out.kind for out in network.left_out)
    kinds = ", ".join(f"{count} ({kind})" for kind, count in counts.items())
    tensors = [f"tensors left out, which the report names: {kinds}"] if kinds else []
    for line in (*tensors, *network.warnings):
        complain(f"qeclose: warning: {network.source}: {line}")


def _write(path: str, training: Training | None) -> str | None:
    from qeclose.networks.files import is_exact, write_dataset

    data = _data_set(training)
    if data is None:
        return None
    write_dataset(path, data)
    if not path.lower().endswith(".json") and not is_exact(data):
        complain(f"qeclose: warning: {path} is rounded; the exact data need a .json file")
    return path


def _draw(path: str, training: Training | None, seed: int, progress: Progress) -> None:
    from qeclose.networks.picture import training_picture

    data = _data_set(training)
    if data is not None:
        with progress.during("training on the data set", _PICTURE_SECONDS):
            training_picture(data, path, seed=seed)
    elif not Path(path).stat().st_size:
        Path(path).unlink()  # made when it was tried whether it can be written


def _data_set(training: Training | None) -> DataSet | None:
    """A data set without an optimum; if there is none, the reason is told."""
    from qeclose.networks import DataSet

    frontier = None if training is None or training.verdict != "ill-posed" else training.frontier
    if training is None or frontier is None or training.biases is None:
        problem = "it takes two layers and a matrix outside E that is a limit"
    elif missing := frontier.missing_biases(training.biases):
        problem = f"its weights need the missing biases {', '.join(missing)}"
    else:
        return DataSet.of(training.support, frontier, training.biases)
    complain(f"qeclose: no data set: {problem}")
    return None


def _layout(layout: str, network: NetworkReport, written: str | None) -> str:
    from qeclose.report.training import network_report

    if layout == "json":
        return json.dumps(network.to_json(dataset=written)) + "\n"
    return network_report(network, written=written)


def _network_on_points(
    found: list[Support] | Model, inputs: str | None
) -> tuple[Support, list[tuple[Fraction, ...]]]:
    from qeclose.networks.points import read_points

    supports = _supports(found)
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
