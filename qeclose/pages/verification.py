"""The page of ``verify``: what was checked, what it proves, and on whose word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qeclose.decide.witness import Witness
from qeclose.pages.curve import limit, line_names
from qeclose.pages.document import document
from qeclose.pages.markup import Child, element
from qeclose.pages.proof import proof

__all__ = ["verification_page"]


_MEANING = {
    "verified": "The certificate proves what it claims; every step was checked again, without the code that made it.",
    "unconfirmed": "All that can be checked was checked, but a part rests on an engine’s word that no engine confirmed.",
    "rejected": "The certificate does not prove what it claims.",
    "undecided": "There was no certificate, or its check came to no end within the limits.",
    "failed": "The check itself failed.",
    "contradicted": "The certificate was accepted, but an engine contradicts what it shows: one of them is wrong.",
}


def verification_page(
    reports: Sequence[Mapping[str, Any]], certificates: Sequence[Mapping[str, Any] | None]
) -> str:
    """A page of all reports, with the proofs of the certificates that are ``verified``."""
    bodies = [_body(report, certificate) for report, certificate in zip(reports, certificates, strict=True)]
    return document("Certificates – qeclose", *bodies, script="curve.js")


def _body(report: Mapping[str, Any], certificate: Mapping[str, Any] | None) -> list[Child]:
    result = report["result"]
    name = f"{report['name']}: " if report["name"] else ""
    said = report.get("claim", "")
    parts: list[Child] = [
        element("h1", name, element("span", f"{result} {said}".strip(), class_=f"verdict {result}")),
        element("p", _MEANING[result], class_="lead"),
        element("p", report["problem"], class_="warning") if "problem" in report else None,
    ]
    if checked := report.get("checked"):
        parts += [
            element("h2", "What was checked"),
            element("ol", *(element("li", line) for line in checked)),
        ]
    if assumed := report.get("assumed"):
        parts.append(element("p", f"Assumed: {assumed}"))
    if words := report.get("engine_words"):
        told = (
            f"{word['path']}: {word['statement']} (recorded: {', '.join(word['recorded'])})" for word in words
        )
        parts += [
            element("h2", "On an engine’s word"),
            element("ul", *(element("li", line) for line in told)),
        ]
    if asked := report.get("second"):
        counts = ", ".join(f"{report[said]} {said}" for said in ("confirmed", "open", "contradicted"))
        left = (f"{one['path']}: {one['statement']}: {one['said']}" for one in report["unconfirmed"])
        parts += [
            element("h2", f"Second opinion of {' and '.join(asked)}"),
            element("p", f"On what it shows: {counts}."),
            element("ul", *(element("li", line) for line in left)),
        ]
    if result == "verified" and certificate is not None:
        parts += [*_shown(certificate), element("h2", "The proof"), *proof(certificate)]
    return parts


def _shown(certificate: Mapping[str, Any]) -> list[Child]:
    """The matrix and the factors that the proof speaks of, where it is about a limit."""
    witness = Witness.of_certificate(certificate)
    if witness is None:
        return []
    rows, columns = line_names(witness.rows, None), line_names(witness.columns, None)
    return [element("h2", "A limit that is no product"), *limit(witness, rows, columns)]
