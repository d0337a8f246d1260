"""``verify``: from a certificate to what it proves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

from qeclose.checker.budget import TOO_LARGE, TooLarge, allowed, limited
from qeclose.checker.claims import (
    BoundedIllPosed,
    BoundedWellPosed,
    Claim,
    Frontier,
    IllPosed,
    Inside,
    Obligation,
    Outside,
    Sentence,
    Step,
    TrainingIllPosed,
    well_posed,
)
from qeclose.checker.curve import read_point, require_observed
from qeclose.checker.dataset import biases_assumed
from qeclose.checker.masks import Asked, Factors, Missing, read_observed, shape
from qeclose.checker.part import read_part, require_part
from qeclose.checker.questions import Answer, Ask, Question, contradicted
from qeclose.checker.reading import Path, fields
from qeclose.checker.rules import step
from qeclose.checker.union import read_question
from qeclose.errors import CertificateError

__all__ = ["EngineWord", "Verification", "is_about", "obligation_of", "steps", "verify"]

_PLACES: dict[str, type[Inside | Frontier | Outside]] = {
    "inside": Inside,
    "frontier": Frontier,
    "outside": Outside,
}
_OF_UNIONS: dict[str, type[BoundedIllPosed | BoundedWellPosed]] = {
    "ill-posed": BoundedIllPosed,
    "well-posed": BoundedWellPosed,
}


@final
@dataclass(frozen=True, slots=True)
class EngineWord:
    """A part that rests on an engine's word: where, what, who is recorded, and what came of asking again."""

    path: str
    statement: str
    recorded: tuple[str, ...]
    answers: tuple[Answer, ...]

    @property
    def confirmed(self) -> bool:
        """Whether some engine, asked again, said what is recorded."""
        return any(answer.agrees for answer in self.answers)


@final
@dataclass(frozen=True, slots=True)
class Verification:
    """An accepted certificate: its claim, what was checked, and the parts that rest on an engine's word.

    ``assumed`` says under what assumption the claim holds: of a claim about training, which biases there are.
    """

    claim: str
    checked: tuple[str, ...]
    words: tuple[EngineWord, ...]
    assumed: str = ""

    @property
    def complete(self) -> bool:
        """Whether every part was checked, or confirmed by an engine asked again."""
        return all(word.confirmed for word in self.words)


def verify(certificate: Any, support: Asked | None = None, *, ask: Ask | None = None) -> Verification:
    """Check that the certificate proves its claim, about this support (or these factors with bounds) if it is given.

    ``certificate`` is the JSON value as Python's ``json`` reads it. ``ask`` puts the recorded questions to
    engines again (``asker`` makes one); without it they are only listed. Raises ``CertificateError`` with the
    path of the first thing that is wrong, an engine that says otherwise included, and what ``ask`` raises.
    """
    root = Path.root()
    try:
        with limited(allowed(certificate)):
            return _verify(certificate, root, support, ask)
    except TooLarge:
        raise root.error(TOO_LARGE) from None


def is_about(certificate: Any, support: Asked) -> bool:
    """Whether the certificate speaks about this support, be it sound or not."""
    root = Path.root()
    try:
        with limited(allowed(certificate)):
            if _has_bounds(certificate):
                read_question(certificate, root, support)
            else:
                _read_head(certificate, root, support)
    except (CertificateError, TooLarge):
        return False
    return True


def _has_bounds(certificate: Any) -> bool:
    return type(certificate) is dict and "bounds" in certificate


def _verify(certificate: Any, root: Path, support: Asked | None, ask: Ask | None) -> Verification:
    checked: list[str] = []
    questions: list[Question] = []
    for obligation, found in steps(_claimed(certificate, root, support)):
        checked += () if obligation.is_case else found.shown
        questions += found.questions
    claim = certificate["claim"]
    assumed = biases_assumed(certificate["proof"]) if claim == "training-ill-posed" else ""
    return Verification(claim, tuple(checked), tuple(_word(question, ask) for question in questions), assumed)


def steps(first: Obligation) -> Iterator[tuple[Obligation, Step]]:
    """Check a proof and those inside it, one after the other; no recursion, so they may be nested deeply.

    Nothing is proved until the last one has come. Raises ``CertificateError``, and ``TooLarge``.
    """
    pending = [first]
    while pending:
        obligation = pending.pop()
        found = step(obligation)
        yield obligation, found
        pending.extend(
            inner._replace(is_case=True) if obligation.is_case else inner for inner in reversed(found.rest)
        )


def obligation_of(certificate: Any, support: Asked | None = None) -> Obligation:
    """What a certificate claims, about this support if it is given, with its proof. Raises ``CertificateError``."""
    return _claimed(certificate, Path.root(), support)


def _claimed(certificate: Any, root: Path, support: Asked | None) -> Obligation:
    if _has_bounds(certificate):
        bounded, claim, proof = read_question(certificate, root, support)
        about = _OF_UNIONS.get(claim) if type(claim) is str else None
        if about is None:
            raise (root / "claim").error('with bounds a claim is "ill-posed" or "well-posed"')
        return Obligation(about(bounded), proof, root / "proof")
    factors, missing, claim, proof = _read_head(certificate, root, support)
    return Obligation(_claim(certificate, claim, proof, root, factors, missing), proof, root / "proof")


def _claim(certificate: Any, claim: Any, proof: Any, root: Path, factors: Factors, missing: Missing) -> Claim:
    place = _place(certificate)
    if missing and place is None and claim not in ("ill-posed", "well-posed"):
        raise (root / "mask" / "missing").error("this claim takes every entry of A as observed")
    if place is not None:
        matrix = read_point(certificate["matrix"], root / "matrix", shape(factors))
        require_observed(matrix, missing, root / "matrix")
        return place(factors, matrix, missing)
    if type(proof) is not dict or type(proof.get("kind")) is not str:
        raise (root / "proof" / "kind").error("a proof is an object with a kind")
    asked = proof["kind"] == "engine" and proof.get("statement") == "sentence"
    match claim:
        case "ill-posed":
            return Sentence(factors, True, missing) if asked else IllPosed(factors, missing)
        case "well-posed":
            if missing and proof["kind"] in ("orthogonal-chain", "merged"):
                raise (root / "proof" / "kind").error(
                    "a proof about chains takes every entry of A as observed"
                )
            return Sentence(factors, False, missing) if asked else well_posed(factors, proof, missing)
        case "training-ill-posed":
            return TrainingIllPosed(factors)
    raise (root / "claim").error('a claim is "ill-posed", "well-posed" or "training-ill-posed"')


def _place(certificate: Any) -> type[Inside | Frontier | Outside] | None:
    """The claim of a certificate about one matrix, None for others."""
    claim = certificate.get("claim") if type(certificate) is dict else None
    return _PLACES.get(claim) if type(claim) is str else None


def _read_head(certificate: Any, root: Path, support: Asked | None) -> tuple[Factors, Missing, Any, Any]:
    """The mask, the missing entries of A, the claim and the proof; mask and entries are those of the support if that is given."""
    partial = type(certificate) is dict and "part_of" in certificate
    located = _place(certificate) is not None
    names = ("format", "version", "mask", "claim", "proof", *(["part_of"] if partial else []))
    head = fields(certificate, root, *names, *(["matrix"] if located else []))
    name, version, mask, claim, proof, *rest = head[: len(names)]
    if name != "qeclose-certificate" or type(name) is not str:
        raise (root / "format").error('the format is "qeclose-certificate"')
    if type(version) is not int or version != 1:
        raise (root / "version").error("only version 1 is known")
    factors, missing = read_observed(mask, root / "mask")
    if rest:
        _check_part(rest[0], root, claim, factors, missing, support)
    elif support is not None:
        _require_same(factors, missing, support, root / "mask")
    return factors, missing, claim, proof


def _check_part(
    value: Any, root: Path, claim: Any, factors: Factors, missing: Missing, support: Asked | None
) -> None:
    """That ill-posedness of the mask of the certificate is that of a larger one, which is the support if that is given."""
    path = root / "part_of"
    if claim != "ill-posed":
        raise path.error("only what is ill-posed is so by a part")
    sizes, lines = read_part(value, path, factors)
    if support is not None:
        whole, unseen = _unbounded(support, root / "mask")
        require_part(sizes, lines, factors, whole, (missing, unseen), path)


def _unbounded(support: Asked, path: Path) -> tuple[Factors, Missing]:
    question = support.question()
    if "bounds" in question:
        raise path.error("the mask file has bounds, and this certificate has none")
    return read_observed(question["mask"], path)


def _require_same(factors: Factors, missing: Missing, support: Asked, path: Path) -> None:
    asked, unseen = _unbounded(support, path)
    whole, path = path, path / "factors"
    if len(factors) != len(asked):
        raise path.error(f"{len(factors)} factors, where the mask file has {len(asked)}")
    for l, rows in enumerate(asked):
        if rows != factors[l]:
            same = zip(rows, factors[l], strict=False)
            row = next((i for i, (a, b) in enumerate(same) if a != b), min(len(rows), len(factors[l])))
            raise (path / l / row).error("not the mask of the file")
    if missing != unseen:
        raise (whole / "missing").error(f"{_count(missing)} missing here, {_count(unseen)} in the mask file")


def _count(missing: Missing) -> str:
    count = sum(row.bit_count() for row in missing.values())
    return f"{count} entries of A are" if count != 1 else "one entry of A is"


def _word(question: Question, ask: Ask | None) -> EngineWord:
    answers = () if ask is None else tuple(ask(question))
    contradicted(answers, question.path)
    return EngineWord(question.path, question.statement, question.recorded, answers)
