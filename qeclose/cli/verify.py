"""``qeclose verify``."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qeclose.cli.options import ENGINE_NAMES, engine_options, output_option, page_option
from qeclose.cli.output import opened_output
from qeclose.decide.verdict import Status
from qeclose.errors import CertificateError, InputError, UsageError
from qeclose.report.drawing import clean
from qeclose.supervise import Ended, Helper, phase
from qeclose.supervise.start import less_start

if TYPE_CHECKING:
    from qeclose.checker import Answer, Ask, Claimed, Verification
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.model import Support

__all__ = ["command"]

_STATUSES = {"verified": 0, "rejected": 1, "unconfirmed": 3, "undecided": 3, "failed": 4, "contradicted": 4}
_SHARE = 0.9
"""Of the time for all of it, what second opinions may have taken in the end."""
_Results = tuple[list[dict[str, Any]], str]
"""The reports, and all of them as text."""
_Asked = tuple[tuple[str, ...], float, int, dict[str, Path]]


@click.command(
    "verify",
    epilog="""\b
Examples:
  qeclose generate lu n=3 -o lu.txt; qeclose check lu.txt --certificate c.json; qeclose verify c.json lu.txt
  qeclose check --format json M.txt | qeclose verify - M.txt
  qeclose batch masks --jsonl b.jsonl; qeclose verify b.jsonl    a result each
  qeclose verify --engine cvc5 M.json          ask cvc5 where the proof rests on an engine
  qeclose verify --second z3 M.json            ask Z3 about everything that the proof shows

\b
Exit status, the worst over the certificates (2 > 4 > 1 > 3 > 0):
  0 verified, 1 rejected or not as expected, 2 usage or input error, 3 an engine's word was not
  confirmed, a report has no certificate, or a limit was reached, 4 engine failure, or an engine
  contradicts what a certificate shows.""",
)
@click.argument("certificate", metavar="CERT")
@click.argument("file", required=False, metavar="[FILE]")
@partial(engine_options, timed="all of it")
@click.option(
    "--expect",
    type=click.Choice(["well-posed", "ill-posed", "inside", "frontier", "outside"]),
    help="Reject certificates that prove another verdict or, of locate, another place.",
)
@click.option("--no-engines", is_flag=True, help="Ask no engine again; list what rests on their word.")
@click.option(
    "--second",
    multiple=True,
    type=click.Choice(ENGINE_NAMES),
    help="Put what the proofs show to this engine too, as questions of their own (repeatable).",
)
@page_option
@output_option
def command(
    certificate: str,
    file: str | None,
    engines: tuple[str, ...],
    paths: dict[str, Path],
    timeout: float,
    memory_mb: int,
    expect: str | None,
    no_engines: bool,
    second: tuple[str, ...],
    layout: str,
    output: str | None,
) -> None:
    """Re-check the certificates in CERT; print what each proves and which parts rest on an engine's word.

    CERT is a certificate or a JSON report that holds one, or many of them, as an array or one a line, as the other
    commands write them; - is standard input. With a mask FILE each must be about exactly one of its supports, or its
    sizes and bounds. A report's verdict must be what its certificate proves.
    """
    names = tuple(dict.fromkeys(name for name in engines if name != "auto"))
    if no_engines and engines:
        raise UsageError("--engine and --no-engines contradict each other")
    if certificate == file == "-":
        raise UsageError("the certificate and the mask cannot both come from standard input")
    asked = None if no_engines else (names, timeout, memory_mb, paths)
    witnesses = (tuple(dict.fromkeys(second)), timeout, memory_mb, paths)
    with opened_output(output) as stream:
        with Helper(memory_mb) as helper:
            found = helper.call(
                partial(_results, certificate, file, asked, witnesses, expect, layout),
                seconds=less_start(timeout),
            )
        reports, text = _ended(found, layout) if isinstance(found, Ended) else found
        stream.write(text)
    statuses = [Status(_STATUSES[report["result"]]) for report in reports]
    click.get_current_context().exit(Status.worst(statuses))


def _laid_out(reports: Sequence[dict[str, Any]], certificates: Sequence[Any], layout: str) -> str:
    if layout == "html":
        from qeclose.pages.verification import verification_page

        return verification_page(reports, certificates)
    several = len(reports) > 1
    return "".join(json.dumps(r) + "\n" if layout == "json" else _shown(r, several) for r in reports)


def _results(
    source: str, file: str | None, asked: _Asked | None, witnesses: _Asked, expect: str | None, layout: str
) -> _Results:
    """A report on each certificate, and what is written; in the helper, where time and memory are bounded."""
    from qeclose.attest import asker
    from qeclose.checker import load_certificate, load_certificates
    from qeclose.engine.protocol import Limits
    from qeclose.files.opening import read_bytes
    from qeclose.files.read import read
    from qeclose.files.text import decode

    until = time.monotonic() + _SHARE * witnesses[1]
    with phase("reading the certificate"):
        text = decode(read_bytes(source), source)
        claims = load_certificates(text, source)
        supports = None if file is None else read(file)
    if len(claims) == 1 and claims[0].certificate is None:
        load_certificate(text, source)  # says what is missing
    if not claims:
        raise InputError(source, 0, 0, "no certificate here")
    ask = None
    if asked is not None:
        names, seconds, memory_mb, paths = asked
        ask = asker(names, Limits(seconds, memory_mb), paths)
    with phase("checking the certificate"):
        results = [_result(number, claims, supports, ask, expect) for number in range(len(claims))]
    certificates = [claimed.certificate for claimed in claims]
    reports = [report for report, _ in results]
    if witnesses[0]:
        with phase("asking for a second opinion"):
            reports = [
                _seconded(report, certificates[number], support, witnesses, until)
                for number, (report, support) in enumerate(results)
            ]
    return reports, _laid_out(reports, certificates, layout)


def _seconded(
    report: dict[str, Any],
    certificate: Any,
    support: Support | BoundedSupport | None,
    witnesses: _Asked,
    until: float,
) -> dict[str, Any]:
    """The report with what the engines say to the statements of a certificate that the checker accepts."""
    from qeclose.attest import second_opinion
    from qeclose.engine.protocol import Limits
    from qeclose.engine.registry import find_engine

    names, _, memory_mb, paths = witnesses
    engines = [find_engine(name, paths) for name in names]
    if "claim" not in report:
        return report
    limits = Limits(max(until - time.monotonic(), 0.0), memory_mb)
    found = second_opinion(certificate, support, engines, limits)
    left = [asdict(opinion) for opinion in found.opinions if opinion.said != "confirmed"]
    counts = {said: found.count(said) for said in ("confirmed", "open", "contradicted")}
    result = "contradicted" if counts["contradicted"] else report["result"]
    return {**report, "result": result, **counts, "second": list(names), "unconfirmed": left}


def _result(
    number: int,
    claims: Sequence[Claimed],
    supports: Sequence[Support | BoundedSupport] | None,
    ask: Ask | None,
    expect: str | None,
) -> tuple[dict[str, Any], Support | BoundedSupport | None]:
    """The report on one certificate of many, and the support of the file that it is about."""
    from qeclose.checker import verify

    claimed = claims[number]
    head = {"schema": 1, "name": claimed.name}
    if claimed.certificate is None:
        said = f"the report says {claimed.verdict[:40]}, and " if claimed.verdict else ""
        return {**head, "result": "undecided", "problem": f"{said}there is no certificate"}, None
    try:
        support = None if supports is None else _subject(number, claims, supports)
        verification = verify(claimed.certificate, support, ask=ask)
        _require_said(verification.claim, claimed.verdict, expect)
    except CertificateError as error:
        return {**head, "result": "rejected", "problem": str(error)}, None
    name = claimed.name or (support.name if support is not None else "")
    return {**head, "name": name, **_report(verification)}, support


def _require_said(claim: str, verdict: str, expect: str | None) -> None:
    if verdict and verdict != claim:
        raise CertificateError(f"verdict: the report says {verdict[:40]}, its certificate proves {claim}")
    if expect is not None and claim.removeprefix("training-") != expect:
        raise CertificateError(f"claim: the certificate proves {claim}, expected was {expect}")


def _subject(
    number: int, claims: Sequence[Claimed], supports: Sequence[Support | BoundedSupport]
) -> Support | BoundedSupport:
    """The support of the file that a certificate is about: of those with its name or, without names, the one in its place.

    If there is no such support, any one that it fits. Raises ``CertificateError`` if it fits none of several.
    """
    from qeclose.checker import is_about

    claimed = claims[number]
    if len(supports) == 1:
        return supports[0]
    named = [support for support in supports if claimed.name and support.name == claimed.name]
    if len(named) == 1:
        return named[0]
    if not claimed.name and len(claims) == len(supports):
        return supports[number]
    for support in named or supports:
        if is_about(claimed.certificate, support):
            return support
    raise CertificateError(f"mask: none of the {len(supports)} supports of the file is the certificate's")


def _ended(ended: Ended, layout: str) -> _Results:
    result = "failed" if ended.kind == "crash" else "undecided"
    reports = [{"schema": 1, "name": "", "result": result, "problem": ended.reason}]
    return reports, _laid_out(reports, [None], layout)


def _report(verification: Verification) -> dict[str, Any]:
    return {
        "result": "verified" if verification.complete else "unconfirmed",
        "claim": verification.claim,
        "assumed": verification.assumed,
        "checked": list(verification.checked),
        "engine_words": [
            {
                "path": word.path,
                "statement": word.statement,
                "recorded": list(word.recorded),
                "answers": [_answer(answer) for answer in word.answers],
                "confirmed": word.confirmed,
            }
            for word in verification.words
        ],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "engine": answer.engine,
        "version": answer.version,
        "agrees": answer.agrees,
        "note": answer.note,
    }


def _shown(report: dict[str, Any], several: bool) -> str:
    """The text of a report, without what a terminal cannot show; names come from the file."""
    return "".join(f"{clean(line)}\n" for line in _text(report, several).splitlines())


def _text(report: dict[str, Any], several: bool) -> str:
    name = f"{clean(report['name'])}: " if several and report["name"] else ""
    if "problem" in report:
        return f"{name}{report['result']}: {report['problem']}\n"
    lines = [f"{name}{report['result']}: {report['claim']}", *(f"  {line}" for line in report["checked"])]
    if report["assumed"]:
        lines.append(f"  assumed: {report['assumed']}")
    words = report["engine_words"]
    if words:
        lines.append("resting on an engine's word:")
    else:
        lines.append("nothing rests on an engine's word")
    for word in words:
        lines.append(f"  {word['path']}: {word['statement']} (recorded: {', '.join(word['recorded'])})")
        lines.extend(f"    {_answer_text(answer)}" for answer in word["answers"])
        if not word["answers"]:
            lines.append("    not re-checked")
    lines.extend(_opinion_lines(report))
    return "\n".join(lines) + "\n"


def _opinion_lines(report: dict[str, Any]) -> list[str]:
    if "second" not in report:
        return []
    counts = ", ".join(f"{report[said]} {said}" for said in ("confirmed", "open", "contradicted"))
    lines = [f"second opinion of {' and '.join(report['second'])} on what it shows: {counts}"]
    for opinion in report["unconfirmed"]:
        lines.append(f"  {opinion['path']}: {opinion['statement']}: {opinion['said']}")
        lines.extend(f"    {note}" for note in opinion["notes"])
    return lines


def _answer_text(answer: dict[str, Any]) -> str:
    who = f"{answer['engine']} {answer['version']}".strip()
    said = "agrees" if answer["agrees"] else f"undecided: {answer['note']}"
    return f"{who}: {said}" if who else said
