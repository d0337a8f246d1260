"""``verify``: from a certificate to what it proves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from qeclose.checker.budget import TOO_LARGE, TooLarge, allowed, limited
from qeclose.checker.chain import check_chain
from qeclose.checker.curve import check_curve
from qeclose.checker.dataset import biases_assumed, check_dataset
from qeclose.checker.goals import check_full_space, check_variety, full_space_goal
from qeclose.checker.location import PLACES, check_location
from qeclose.checker.masks import Asked, Factors, read_mask
from qeclose.checker.normal_form import check_normal_form
from qeclose.checker.part import read_part, require_part
from qeclose.checker.problem import Problem, initial_problem
from qeclose.checker.questions import (
    Answer,
    Ask,
    Question,
    contradicted,
    engine_names,
    full_space,
    plain_sentence,
)
from qeclose.checker.reading import Path, fields
from qeclose.checker.reduction import check_reduction
from qeclose.checker.restriction import check_restriction
from qeclose.checker.union import check_union, read_question
from qeclose.errors import CertificateError

__all__ = ["EngineWord", "Verification", "is_about", "verify"]


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
    assumed = ""
    if _has_bounds(certificate):
        claim, checked, questions = check_union(certificate, root, support, _check_well_posed)
    else:
        factors, claim, proof = _read_head(certificate, root, support)
        if claim in PLACES:
            checked, questions = _check_location(certificate, root, factors)
        else:
            checked, questions = _check_claim(claim, proof, root, factors)
        if claim == "training-ill-posed":
            assumed = biases_assumed(proof)
    return Verification(claim, tuple(checked), tuple(_word(question, ask) for question in questions), assumed)


def _read_head(certificate: Any, root: Path, support: Asked | None) -> tuple[Factors, Any, Any]:
    """The mask, the claim and the proof; the mask is that of the support if that is given."""
    partial = type(certificate) is dict and "part_of" in certificate
    located = type(certificate) is dict and certificate.get("claim") in PLACES
    names = ("format", "version", "mask", "claim", "proof", *(["part_of"] if partial else []))
    head = fields(certificate, root, *names, *(["matrix"] if located else []))
    name, version, mask, claim, proof, *rest = head[: len(names)]
    if name != "qeclose-certificate" or type(name) is not str:
        raise (root / "format").error('the format is "qeclose-certificate"')
    if type(version) is not int or version != 1:
        raise (root / "version").error("only version 1 is known")
    factors = read_mask(mask, root / "mask")
    if rest:
        _check_part(rest[0], root, claim, factors, support)
    elif support is not None:
        _require_same(factors, support, root / "mask")
    return factors, claim, proof


def _check_part(value: Any, root: Path, claim: Any, factors: Factors, support: Asked | None) -> None:
    """That ill-posedness of the mask of the certificate is that of a larger one, which is the support if that is given."""
    path = root / "part_of"
    if claim != "ill-posed":
        raise path.error("only what is ill-posed is so by a part")
    sizes, lines = read_part(value, path, factors)
    if support is not None:
        require_part(sizes, lines, factors, _unbounded(support, root / "mask"), path)


def _unbounded(support: Asked, path: Path) -> Factors:
    question = support.question()
    if "bounds" in question:
        raise path.error("the mask file has bounds, and this certificate has none")
    return read_mask(question["mask"], path)


def _require_same(factors: Factors, support: Asked, path: Path) -> None:
    asked = _unbounded(support, path)
    path = path / "factors"
    if len(factors) != len(asked):
        raise path.error(f"{len(factors)} factors, where the mask file has {len(asked)}")
    for l, rows in enumerate(asked):
        if rows != factors[l]:
            same = zip(rows, factors[l], strict=False)
            row = next((i for i, (a, b) in enumerate(same) if a != b), min(len(rows), len(factors[l])))
            raise (path / l / row).error("not the mask of the file")


def _check_location(certificate: Any, root: Path, factors: Factors) -> tuple[list[str], list[Question]]:
    claim, matrix, proof = certificate["claim"], certificate["matrix"], certificate["proof"]
    checked, questions, closed = check_location(claim, matrix, proof, root, factors)
    if closed is None:
        return checked, questions
    well_posed, path = closed
    if len(factors) != 2:
        raise path.error("closedness as a part of a proof is about two factors")
    found, asked = _check_well_posed(well_posed, path, initial_problem(factors))
    return checked + found, questions + asked


def _check_claim(claim: Any, proof: Any, root: Path, factors: Factors) -> tuple[list[str], list[Question]]:
    path = root / "proof"
    kind = _kind(proof, path)
    if claim not in ("ill-posed", "well-posed", "training-ill-posed"):
        raise (root / "claim").error('a claim is "ill-posed", "well-posed" or "training-ill-posed"')
    if claim == "training-ill-posed":
        if kind != "relu-data-set":
            raise (path / "kind").error("a proof about training is of kind relu-data-set")
        return check_dataset(proof, path, factors)
    if kind == "engine" and proof.get("statement") == "sentence":
        _, _, engines = fields(proof, path, "kind", "statement", "engines")
        names = engine_names(engines, path / "engines")
        question = plain_sentence(factors, ill_posed=claim == "ill-posed", path=str(path), recorded=names)
        return ["the claim rests on the word of an engine about the plain sentence"], [question]
    if claim == "ill-posed":
        if kind != "curve":
            raise (path / "kind").error(
                "a proof of ill-posedness is of kind curve, or engine for the sentence"
            )
        return check_curve(proof, path, factors)
    if len(factors) == 2 and kind not in ("orthogonal-chain", "merged"):
        return _check_well_posed(proof, path, initial_problem(factors))
    checked, pair = check_chain(proof, path, factors)
    if pair is None:
        return checked, []
    problem, proof, path = pair
    found, questions = _check_well_posed(proof, path, problem)
    return checked + found, questions


def _kind(proof: Any, path: Path) -> str:
    if type(proof) is not dict or type(proof.get("kind")) is not str:
        raise (path / "kind").error("a proof is an object with a kind")
    kind: str = proof["kind"]
    return kind


def _check_well_posed(proof: Any, path: Path, problem: Problem) -> tuple[list[str], list[Question]]:
    """Check a proof and those inside it; no recursion, so they may be nested deeply."""
    checked: list[str] = []
    questions: list[Question] = []
    pending: list[tuple[Problem, Any, Path]] = [(problem, proof, path)]
    while pending:
        problem, proof, path = pending.pop()
        match _kind(proof, path):
            case "reduction":
                found, blocks = check_reduction(proof, path, problem)
                pending.extend(reversed(blocks))
            case "restriction":
                found, larger, rest = check_restriction(proof, path, problem)
                pending.append((larger, rest, path / "proof"))
            case "normal-form":
                found, asked = check_normal_form(proof, path, problem)
                questions += asked
            case "full-space":
                found = check_full_space(proof, path, problem)
            case "variety":
                found = check_variety(proof, path, problem)
            case "engine":
                questions.append(_full_space_question(proof, path, problem))
                found = "full space, on the word of an engine"
            case _:
                raise (path / "kind").error("this kind of proof is unknown")
        checked.append(f"{path}: {found}")
    return checked, questions


def _full_space_question(proof: Any, path: Path, problem: Problem) -> Question:
    _, statement, engines = fields(proof, path, "kind", "statement", "engines")
    if statement != "full-space":
        raise (path / "statement").error('inside a proof an engine is asked for "full-space" only')
    goal, universal = full_space_goal(problem, path)
    return full_space(goal, universal, str(path), engine_names(engines, path / "engines"))


def _word(question: Question, ask: Ask | None) -> EngineWord:
    answers = () if ask is None else tuple(ask(question))
    contradicted(answers, question.path)
    return EngineWord(question.path, question.statement, question.recorded, answers)
