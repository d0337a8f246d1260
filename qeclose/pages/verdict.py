"""The page of one verdict, with its explanation if there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qeclose.decide.witness import Witness
from qeclose.explaining.advice import advice_on
from qeclose.explaining.obstructions import Place
from qeclose.explaining.text import break_text, kept_text, obstruction_heading, place_text
from qeclose.pages.curve import limit, line_names
from qeclose.pages.document import document
from qeclose.pages.markup import Child, Markup, element
from qeclose.pages.masks import masks
from qeclose.pages.proof import proof
from qeclose.report.drawing import shape_of, title
from qeclose.support.model import Support

if TYPE_CHECKING:
    from qeclose.decide.verdict import Verdict
    from qeclose.explaining import Explanation
    from qeclose.explaining.advice import Advice
    from qeclose.explaining.explanation import Explained

__all__ = ["explanation_page", "page", "verdict_body", "verdicts_page"]

_MEANING = {
    "well-posed": "Every matrix A has a best approximation XYᵀ by factors with these supports. "
    "An optimum exists whatever the data are.",
    "ill-posed": "Some matrices A have no best approximation XYᵀ by factors with these supports. For such "
    "an A the loss goes to its infimum only while the factors grow without bound.",
    "undecided": "It is not known whether every matrix has a best approximation by factors with these supports. No proof and no "
    "counterexample was found within the limits.",
}
_MOST_STEPS = 60


def page(bodies: Sequence[tuple[str, Child]]) -> str:
    """One page of the bodies with these titles."""
    head = bodies[0][0] if len(bodies) == 1 else f"{len(bodies)} supports"
    return document(f"{head} – qeclose", *(body for _, body in bodies), script="curve.js")


def explanation_page(explanation: Explanation) -> str:
    """The page of ``qeclose explain --format html``."""
    told = explanation.verdict.to_json()
    body = verdict_body(explanation.support, told, explanation.advice, explanation)
    return page([(title(explanation.support), body)])


def verdicts_page(verdicts: Sequence[Verdict]) -> str:
    """The page of ``qeclose check --format html``."""
    return page(
        [
            (
                title(verdict.support),
                verdict_body(verdict.support, verdict.to_json(), list(advice_on(verdict, None))),
            )
            for verdict in verdicts
        ]
    )


def verdict_body(
    support: Support,
    told: Mapping[str, Any],
    advice: Sequence[Advice],
    explanation: Explanation | None = None,
) -> list[Child]:
    """What there is to say of one support; ``told`` is the object of ``check --format json`` about it."""
    verdict = told["verdict"]
    witness = None if told["witness"] is None else Witness.of_json(told["witness"])
    shown = explanation.obstructions[0] if explanation is not None and explanation.obstructions else None
    if shown is not None and shown.witness is not None:
        witness = shown.witness
    return [
        element("h1", f"{title(support)}: ", element("span", verdict, class_=f"verdict {verdict}")),
        element("p", _MEANING[verdict], class_="lead"),
        element("p", shape_of(support), class_="soft"),
        [
            element("p", note, class_="warning")
            for note in (*told["notes"], *told["warnings"], *told["failures"])
        ],
        element("h2", "The masks"),
        _picture(support, witness, None if shown is None else shown.place),
        [element("h2", "Where it goes wrong"), _obstructions(support, witness, explanation)]
        if witness
        else None,
        _breaks(explanation),
        element("h2", "Why"),
        element("p", _sentence(told["reason"])),
        _steps(told["presolve"]),
        _proof(told["certificate"]),
        element("h2", "What to do now"),
        element("ul", *(element("li", piece.text) for piece in advice)),
        _facts(told),
    ]


def _picture(support: Support, witness: Witness | None, place: Place | None) -> Child:
    values: dict[tuple[int, int], str] = {}
    if witness is not None:
        if place is None and len(support.factors) == 2:
            place = Place(witness.rows, witness.columns, witness.terms)
        for i, row in zip(witness.rows, witness.A, strict=True):
            values |= {(i, j): entry for j, entry in zip(witness.columns, row, strict=True)}
    marked = (
        "; the obstruction is framed, with a matrix A that is a limit of products and no product itself"
        if witness
        else ""
    )
    if support.missing is not None:
        marked += "; entries of A with a question mark are not observed"
    told = "Each term has a colour and a number. An entry of the product has the colours of all terms that reach it"
    return [
        element("p", f"{told}{marked}.") if len(support.factors) == 2 else None,
        masks(support, place, values),
    ]


def _obstructions(support: Support, witness: Witness, explanation: Explanation | None) -> list[Child]:
    if explanation is None:
        return _one(support, witness)
    found = explanation.obstructions
    parts: list[Child] = [element("p", _sentence(obstruction_heading(explanation)))]
    for number, explained in enumerate(found, 1):
        heading = f"No. {number}: {place_text(explained, support)}"
        content = _example(support, explained)
        parts.append(element("details", element("summary", heading), content, open=number == 1))
    if (more := explanation.count - len(found)) > 0:
        parts.append(element("p", f"And {more:,} more."))
    return parts


def _example(support: Support, explained: Explained) -> list[Child]:
    if explained.witness is None:
        return [element("p", "No example was found in the time given.")]
    return _one(support, explained.witness)


def _one(support: Support, witness: Witness) -> list[Child]:
    names = support.names
    rows = line_names(witness.rows, None if names is None else names.rows)
    columns = line_names(witness.columns, None if names is None else names.columns)
    return limit(witness, rows, columns)


def _breaks(explanation: Explanation | None) -> Child:
    if explanation is None or explanation.fragility is None:
        return None
    fragility, names = explanation.fragility, explanation.support.names
    items = [element("li", break_text(found, names)) for found in fragility.breaks[:_MOST_STEPS]]
    return [
        element("h2", "What would break it"),
        element("p", _sentence(kept_text(fragility))),
        element("ul", *items) if items else None,
    ]


def _sentence(said: str) -> str:
    return f"{said[:1].upper()}{said[1:]}."


def _steps(steps: Sequence[Mapping[str, str]]) -> Child:
    if not steps:
        return None
    items = [element("li", element("b", step["rule"]), ": ", step["detail"]) for step in steps[:_MOST_STEPS]]
    more = len(steps) - _MOST_STEPS
    rest = element("p", f"and {more} more steps") if more > 0 else None
    return [element("h3", "Simplified without loss, step by step"), element("ol", *items), rest]


def _proof(certificate: Mapping[str, Any] | None) -> Child:
    if certificate is None:
        return None
    where = "The independent checker (qeclose verify) has accepted it."
    return [element("h3", "The proof"), element("p", where), *proof(certificate)]


def _facts(told: Mapping[str, Any]) -> Markup:
    runs = [
        f"{run['name']} {run['version']}: {run['answer']} ({run['seconds']} s)" for run in told["engines"]
    ]
    facts = [
        ("method", told["method"]),
        *(("engine", run) for run in runs),
        ("seconds", str(told["seconds"])),
    ]
    facts += [("source", told["source"])] if told["source"] else []
    rows = [element("tr", element("th", label, scope="row"), element("td", said)) for label, said in facts]
    return element(
        "details", element("summary", "How it was decided"), element("table", element("tbody", *rows))
    )
