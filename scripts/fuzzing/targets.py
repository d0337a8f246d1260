"""The doors through which bytes come in, each as a function that raises only if something is wrong behind it.

Besides not crashing, what is read must be what was written (it is printed and read again), a model must satisfy its system,
and a certificate or a cache entry that is accepted must tell the truth about its mask.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from fuzzing.scripted import ScriptedProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qeclose.support.model import Support

__all__ = ["TARGETS", "Target"]

LU = "I:\n10\n11\nJ:\n10\n11\n"
CLOSED = "I:\n11\n11\nJ:\n10\n01\n"
WELL_KNOWN = {"ill-posed": LU, "well-posed": CLOSED}
"""Masks whose verdict is known from the paper, by the verdict."""


@dataclass(frozen=True)
class Target:
    """``run`` takes the bytes; ``words`` are pieces that such bytes are made of; ``json`` tells that they are JSON lines."""

    run: Callable[[bytes], None]
    words: tuple[bytes, ...] = ()
    json: bool = False


def one_line(error: Exception) -> None:
    """Whatever is refused is refused in one line that can be shown."""
    text = str(error)
    if "\n" in text or len(text) > 5000:
        raise AssertionError(f"not one short line: {text[:300]!r}")


@contextmanager
def a_file(name: str, data: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


# Readers of files


def mask_file(*names: str) -> Callable[[bytes], None]:
    """The reader of mask files; all ``names`` hold the same bytes, and the first is read."""

    def run(data: bytes) -> None:
        from qeclose.errors import QecloseError
        from qeclose.files.read import read
        from qeclose.files.text import format_support, parse_one
        from qeclose.support.model import Support

        with a_file(names[0], data) as path:
            for other in names[1:]:
                path.with_name(other).write_bytes(data)
            try:
                found = read(str(path))
            except QecloseError as error:
                one_line(error)
                return
        for support in found:
            if not isinstance(support, Support) or sum(support.shape) + sum(support.inner) >= 400:
                continue
            if parse_one(format_support(support)) != support:
                raise AssertionError("what was read is not what is written of it")

    return run


def model_file(name: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        from qeclose.errors import QecloseError
        from qeclose.networks.models import read_networks

        with a_file(name, data) as path:
            try:
                read_networks(str(path))
            except QecloseError as error:
                one_line(error)

    return run


def points(name: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        from qeclose.errors import QecloseError
        from qeclose.networks.points import read_points

        with a_file(name, data) as path:
            try:
                found = read_points(str(path))
            except QecloseError as error:
                one_line(error)
                return
        if len({len(point) for point in found}) != 1:
            raise AssertionError("points of several dimensions")

    return run


def manifest(name: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        from qeclose.batch.requests.manifest import is_manifest, read_manifest
        from qeclose.decide.options import Options

        with a_file(name, data) as path:
            if is_manifest(str(path)):
                for _ in read_manifest(str(path), Options(), None):
                    pass

    return run


def journal(data: bytes) -> None:
    """Whatever a journal's records hold, a batch that resumes from them counts and reports them."""
    from qeclose.batch.output.record import Tally
    from qeclose.batch.store.journal import Journal
    from qeclose.errors import QecloseError

    with a_file("batch.jsonl", data) as path:
        try:
            opened = Journal(str(path), resume=True)
        except QecloseError as error:
            one_line(error)
            return
        try:
            tally = Tally()
            for record in opened.finished.values():
                tally.add(record, None)
            tally.summary()
            if set(tally.verdicts) - {"well-posed", "ill-posed", "undecided", "malformed"}:
                raise AssertionError(f"verdicts that there are none: {tally.verdicts}")
        finally:
            opened.close(complete=False)


# Answers of engines


def formula(language: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        from qeclose.formula import parsers

        parse = {
            "qepcad": parsers.parse_qepcad,
            "redlog": parsers.parse_redlog,
            "smtlib": parsers.parse_smtlib_model,
        }
        try:
            parse[language](data.decode(errors="replace"))  # type: ignore[operator]
        except ValueError:
            return

    return run


def witness(data: bytes) -> None:
    from qeclose.engine.qepcad_samples import parse_witness

    try:
        parse_witness(data.decode(errors="replace"))
    except ValueError:
        return


@cache
def _system() -> Any:
    """x² = 2 or x > 3: with rational and with irrational models."""
    import sympy

    from qeclose.formula.language import Atom, Or, Relation

    x = sympy.Symbol("a11")
    return Or((Atom(x**2 - 2, Relation.EQ), Atom(x - 3, Relation.GT)))


@cache
def _sentence() -> Any:
    """A sentence with alternating quantifiers."""
    import sympy

    from qeclose.formula.language import Atom, Exists, ForAll, Relation

    x, y = sympy.symbols("x11 y11")
    return ForAll((x,), Exists((y,), Atom(x * y - 1, Relation.EQ)))


def _is_model(value: Any) -> None:
    from qeclose.formula.operations import evaluate

    if isinstance(value, bool) or value is None:
        return
    exact = {symbol: number for symbol, number in value.items() if isinstance(number, Fraction)}
    if len(exact) == len(value) and not evaluate(_system(), exact):
        raise AssertionError(f"a model that is none: {value}")


def smt_answer(name: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        from qeclose.engine import smt
        from qeclose.engine.process import Ending, Transcript
        from qeclose.engine.protocol import Limits
        from qeclose.errors import EngineError

        def said(*_: object) -> Transcript:
            return Transcript(data.decode(errors="replace"), Ending(0, 0.1, 1.0))

        solver = smt.SmtSolver(name, Path("/nowhere"))
        with patch.object(smt, "run", said):
            try:
                _is_model(solver.satisfy(_system(), Limits(5, 500)).value)
                if smt.DIALECTS[name].quantifiers:
                    solver.decide(_sentence(), Limits(5, 500))
            except EngineError as error:
                one_line(error)

    return run


def dialogue(name: str) -> Callable[[bytes], None]:
    """QEPCAD and REDUCE, whatever they say, in pieces of any length."""

    def run(data: bytes) -> None:
        from qeclose.engine import qepcad, redlog
        from qeclose.engine.protocol import Limits
        from qeclose.errors import EngineError
        from qeclose.formula.language import Exists

        module = {"qepcad": qepcad, "redlog": redlog}[name]
        engine: Any = {"qepcad": qepcad.Qepcad, "redlog": redlog.Redlog}[name](Path("/nowhere"))
        limits = Limits(5, 500)

        def process(*_: object) -> ScriptedProcess:
            return ScriptedProcess(data)

        asked: list[Callable[[], Any]] = [
            lambda: engine.decide(_sentence(), limits),
            lambda: engine.eliminate(Exists((_system_symbol(),), _system()), limits),
        ]
        if name == "qepcad":
            asked.append(lambda: _is_model(engine.satisfy(_system(), limits).value))
        for ask in asked:
            with patch.object(module, "Process", process):
                try:
                    ask()
                except EngineError as error:
                    one_line(error)

    return run


def _system_symbol() -> Any:
    import sympy

    return sympy.Symbol("a11")


# Evidence: certificates, reports, cache entries


@cache
def _supports() -> Mapping[str, Support]:
    from qeclose.files.text import parse_one

    return {verdict: parse_one(mask) for verdict, mask in WELL_KNOWN.items()}


def certificate(data: bytes) -> None:
    """A certificate that is accepted tells the truth about masks whose verdict is known."""
    from qeclose.checker import load_certificates, verify
    from qeclose.errors import CertificateError, QecloseError

    try:
        claims = load_certificates(data.decode(errors="replace"), "c.json")
    except QecloseError as error:
        one_line(error)
        return
    for claimed in claims[:20]:
        for truth, support in _supports().items():
            try:
                found = verify(claimed.certificate, support)
            except CertificateError as error:
                one_line(error)
                continue
            if found.complete and found.claim in WELL_KNOWN and found.claim != truth:
                raise AssertionError(f"accepted although false: {found.claim}")
        try:
            verify(claimed.certificate)
        except CertificateError as error:
            one_line(error)


def report(data: bytes) -> None:
    """``qeclose verify`` on a file of reports, with a mask file beside it."""
    from qeclose.cli.verify import _results
    from qeclose.errors import QecloseError

    with a_file("report.json", data) as path:
        masks = path.with_name("masks.txt")
        masks.write_text(f"== one ==\n{LU}== two ==\n{CLOSED}")
        try:
            _results(str(path), str(masks), None, ((), 60.0, 1000, {}), None, "text")
        except QecloseError as error:
            one_line(error)


def cache_entry(data: bytes) -> None:
    """A cache entry whose sum is right is believed only if it tells the truth."""
    from qeclose.batch.store.cache import Cache, _checksum
    from qeclose.decide.options import Options

    options = Options(method="certify", engines=("z3",), paths=(("z3", "/nowhere"),))
    body = data.removesuffix(b"\n")
    for content in (data, f"{_checksum(body)}\n".encode() + body + b"\n"):
        for truth, support in _supports().items():
            with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
                kept = Cache(Path(folder))
                path = kept._path(kept.key(support, options))
                path.parent.mkdir(parents=True)
                path.write_bytes(content)
                for found in (kept.get(support, options)[0], kept.peek(support, options)):
                    if found is not None and found["verdict"] != truth:
                        raise AssertionError(f"believed although false: {found['verdict']}")
                list(kept.entries())
                kept.prune()


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


_MASK = (b"I:", b"J:", b"JT:", b"F1:", b"F2:", b"F3:", b"W:", b"== a ==", b"\n", b"1", b"0", b"x", b"*", b"1.0",
         b"-1", b"1e-3", b"\xef\xbb\xbf", b"nnz<=3", b"# ", b"0.", b"I: 2x2", b"\xff\xfe", b"nan")  # fmt: skip
_TABLE = (b",", b";", b"\t", b"True", b"False", b"\n", b'"', b"0", b"1", b"1,0", b"name", b"nan", b"I", b"J")
_MARKET = (b"%%MatrixMarket matrix ", b"coordinate ", b"array ", b"real ", b"integer ", b"pattern ", b"complex ",
           b"general\n", b"symmetric\n", b"skew-symmetric\n", b"hermitian\n", b"2 2 1\n", b"1 1 1.0\n", b"%", b"\n")  # fmt: skip
_ZIP = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x93NUMPY", b"{'descr': '<f8', ", b"'fortran_order': ",
        b"'shape': (2, 2), }", b"I.npy", b"J.npy", b"data.npy", b"format.npy", b"|O", b"<i8")  # fmt: skip
_SAFE = (
    b'{"I":',
    b'"dtype":"F32"',
    b'"shape":[2,2]',
    b'"data_offsets":[0,16]',
    b"__metadata__",
    b"BF16",
    b"}",
)
_SMT = (b"sat\n", b"unsat\n", b"unknown\n", b"(model ", b"(define-fun a11 () Real ", b"(root-obj ", b"(^ x 2)",
        b"(+ ", b"(* ", b"(- 2)", b"(/ 1 2)", b"1.4142?", b"))", b'(error "out of memory")', b"timeout\n",
        b"(_ real_algebraic_number <1*x^2 + (-2), (5/4, 3/2)>)", b"1/0", b'(:version "4.8")', b"|a11|")  # fmt: skip
_QEPCAD = (b"TRUE", b"FALSE", b" /\\ ", b" \\/ ", b"x11", b"a11", b"^2", b" = 0", b" > 0", b"[", b"]", b"(", b")",
           b"~", b"_root_1", b" ==> ", b"(A x)", b"(E x)", b" /= 0", b"99", b"<==>")  # fmt: skip
_TALK = (b"Enter an informal description  between '[' and ']':\n", b"Enter a variable list:\n",
         b"Enter the number of free variables:\n", b"Enter a prenex formula:\n", b"Before Normalization >\n",
         b"Before Solution >\n", b"An equivalent quantifier-free formula:\n\n", b"=====================  The End",
         b"Failure occurred in", b"Too few cells", b"WARNING!", b"Error ", b"------ Information about the cell",
         b"\nalpha = the unique root of x^2 - 2 between 1 and 2\n", b"\nCoordinate 1 = alpha\n", *_QEPCAD)  # fmt: skip
_REDLOG = (b"true", b"false", b" and ", b" or ", b"not ", b"x11", b"a11", b"**2", b" = 0", b" <> 0", b" > 0",
           b"ex(x11,", b"all(x11,", b" impl ", b" repl ", b" equiv ", b"<<<", b">>>", b"*****", b"+++ Error",
           b"1: ", b"$", b"? (Y or N)", b"(", b")", b"99")  # fmt: skip

TARGETS: Mapping[str, Target] = {
    "text": Target(mask_file("m.txt"), _MASK),
    "csv": Target(mask_file("m.csv"), _TABLE),
    "csv-pair": Target(mask_file("m.I.csv", "m.J.csv"), _TABLE),
    "mtx": Target(mask_file("m.I.mtx", "m.J.mtx"), _MARKET),
    "npy": Target(mask_file("m.I.npy", "m.J.npy"), _ZIP),
    "npz": Target(mask_file("m.npz"), _ZIP),
    "safetensors": Target(mask_file("m.safetensors"), _SAFE),
    "gz": Target(mask_file("m.txt.gz"), (b"\x1f\x8b\x08",)),
    "model-npz": Target(model_file("m.npz"), _ZIP),
    "model-safetensors": Target(model_file("m.safetensors"), _SAFE),
    "torch": Target(model_file("m.pt"), _ZIP),
    "points": Target(points("p.csv"), _TABLE),
    "points-npz": Target(points("p.npz"), _ZIP),
    "points-json": Target(points("p.json"), (b'{"proof":{"inputs":[["1","2"]]}}',), json=True),
    "manifest-toml": Target(
        manifest("m.toml"),
        (b"[[item]]\n", b"[defaults]\n", b'path = "a.txt"\n', b"timeout = 1\n", b"expect", b'"""'),
    ),
    "manifest-csv": Target(
        manifest("m.csv"), (b"path,expect\n", b"a.txt,ill-posed\n", b'"', b"engine", b"z3")
    ),
    "journal": Target(journal, json=True),
    "qepcad-formula": Target(formula("qepcad"), _QEPCAD),
    "redlog-formula": Target(formula("redlog"), _REDLOG),
    "smtlib-model": Target(formula("smtlib"), _SMT),
    "qepcad-witness": Target(witness, _TALK),
    "z3-answer": Target(smt_answer("z3"), _SMT),
    "cvc5-answer": Target(smt_answer("cvc5"), _SMT),
    "yices-answer": Target(smt_answer("yices"), _SMT),
    "qepcad-answer": Target(dialogue("qepcad"), _TALK),
    "redlog-answer": Target(dialogue("redlog"), _REDLOG),
    "certificate": Target(certificate, json=True),
    "report": Target(report, json=True),
    "cache-entry": Target(cache_entry, json=True),
}
