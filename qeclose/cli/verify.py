"""``qeclose verify``."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qeclose.cli.options import engine_options, format_option, output_option
from qeclose.cli.output import opened_output
from qeclose.errors import CertificateError, InputError, UsageError
from qeclose.supervise import Ended, Helper, phase

if TYPE_CHECKING:
    from qeclose.checker import Answer, Verification
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.model import Support

__all__ = ["command"]

_STATUSES = {"verified": 0, "rejected": 1, "unconfirmed": 3, "undecided": 3, "failed": 4}
_Asked = tuple[tuple[str, ...], float, int, dict[str, Path]]


@click.command(
    "verify",
    epilog="""\b
Examples:
  qeclose check supports/lu-3.txt --certificate lu-3.json; qeclose verify lu-3.json supports/lu-3.txt
  qeclose check --format json M.txt | qeclose verify -
  qeclose verify --engine cvc5 M.json          ask cvc5 where the proof rests on an engine

\b
Exit status: 0 verified, 1 rejected, 2 usage or input error, 3 an engine's word was not confirmed,
or a limit was reached, 4 engine failure.""",
)
@click.argument("certificate", metavar="CERT")
@click.argument("file", required=False, metavar="[FILE]")
@partial(engine_options, timed="all of it")
@click.option("--no-engines", is_flag=True, help="Ask no engine again; list what rests on their word.")
@format_option
@output_option
def command(
    certificate: str,
    file: str | None,
    engines: tuple[str, ...],
    paths: dict[str, Path],
    timeout: float,
    memory_mb: int,
    no_engines: bool,
    layout: str,
    output: str | None,
) -> None:
    """Re-check the certificate in CERT; print what it proves and which parts rest on an engine's word.

    CERT is a certificate or a JSON report that holds one; - is standard input. With a mask FILE the
    certificate must be about exactly its support, or its sizes and bounds.
    """
    names = tuple(dict.fromkeys(name for name in engines if name != "auto"))
    if no_engines and engines:
        raise UsageError("--engine and --no-engines contradict each other")
    if certificate == file == "-":
        raise UsageError("the certificate and the mask cannot both come from standard input")
    asked = None if no_engines else (names, timeout, memory_mb, paths)
    with opened_output(output) as stream:
        with Helper(memory_mb) as helper:
            found = helper.call(partial(_verified, certificate, file, asked), seconds=timeout)
        report = _ended(found) if isinstance(found, Ended) else found
        stream.write(json.dumps(report) + "\n" if layout == "json" else _text(report))
    click.get_current_context().exit(_STATUSES[report["result"]])


def _verified(certificate: str, file: str | None, asked: _Asked | None) -> dict[str, Any]:
    """The report on the certificate; in the helper, where time and memory are bounded."""
    from qeclose.checker import asker, load_certificate, verify
    from qeclose.engine.protocol import Limits
    from qeclose.files.opening import read_bytes
    from qeclose.files.text import decode

    with phase("reading the certificate"):
        value = load_certificate(decode(read_bytes(certificate), certificate), certificate)
        question = None if file is None else _only_question(file)
    ask = None
    if asked is not None:
        names, seconds, memory_mb, paths = asked
        ask = asker(names, Limits(seconds, memory_mb), paths)
    try:
        with phase("checking the certificate"):
            return _report(verify(value, question, ask=ask))
    except CertificateError as error:
        return {"schema": 1, "result": "rejected", "problem": str(error)}


def _ended(ended: Ended) -> dict[str, Any]:
    result = "failed" if ended.kind == "crash" else "undecided"
    return {"schema": 1, "result": result, "problem": ended.reason}


def _only_question(file: str) -> Support | BoundedSupport:
    from qeclose.files.read import read

    questions = read(file)
    if len(questions) != 1:
        raise InputError(file, 0, 0, f"{len(questions)} supports here, where one is wanted")
    return questions[0]


def _report(verification: Verification) -> dict[str, Any]:
    return {
        "schema": 1,
        "result": "verified" if verification.complete else "unconfirmed",
        "claim": verification.claim,
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


def _text(report: dict[str, Any]) -> str:
    if "problem" in report:
        return f"{report['result']}: {report['problem']}\n"
    lines = [f"{report['result']}: {report['claim']}", *(f"  {line}" for line in report["checked"])]
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
    return "\n".join(lines) + "\n"


def _answer_text(answer: dict[str, Any]) -> str:
    who = f"{answer['engine']} {answer['version']}".strip()
    said = "agrees" if answer["agrees"] else f"undecided: {answer['note']}"
    return f"{who}: {said}" if who else said
