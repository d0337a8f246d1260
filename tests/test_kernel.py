"""What the checker may lean on: the standard library, ``qeclose.errors`` and itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import qeclose.checker
from qeclose.checker.claims import Claim
from qeclose.checker.rules import RULES

KERNEL = Path(qeclose.checker.__file__).parent


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules imported anywhere, but not those imported for the type checker alone."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module or ""
        pending += ast.iter_child_nodes(node)


def test_the_kernel_imports_the_standard_library_errors_and_itself() -> None:
    for path in KERNEL.glob("*.py"):
        found = set(imports(ast.parse(path.read_text())))
        own = {name for name in found if name == "qeclose.errors" or name.startswith("qeclose.checker")}
        standard = {name for name in found if name.partition(".")[0] in sys.stdlib_module_names}
        assert found == own | standard, path.name


def test_the_kernel_works_where_nothing_else_can_be_imported() -> None:
    certificate = Path(__file__).parent / "checker" / "hostile" / "wrong_verdict.json"
    program = f"""
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        top, _, rest = name.partition(".")
        room = rest.partition(".")[0]
        if top in ("sympy", "numpy", "scipy", "flint", "click", "torch"):
            raise ImportError(name)
        if top == "qeclose" and room not in ("", "errors", "checker"):
            raise ImportError(name)

sys.meta_path.insert(0, Refusing())
from qeclose.checker import load_certificate, verify
certificate = load_certificate(open({str(certificate)!r}).read(), "certificate")
print(verify(certificate).claim)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == ("ill-posed\n", 0), ran.stderr


def test_every_rule_names_a_section_of_the_pages_that_states_its_theorem() -> None:
    docs = KERNEL.parent.parent / "docs"
    for (claim, kind), rule in RULES.items():
        page, _, anchor = rule.page.partition("#")
        text = (docs / page).read_text()
        sections = text.split("\n#")
        titles = [re.sub(r"[^a-z0-9 -]", "", s.splitlines()[0].strip("# ").lower()) for s in sections]
        assert anchor in {title.replace(" ", "-") for title in titles}, (claim.__name__, kind)
        assert kind in text, (claim.__name__, kind)


def test_every_kind_of_claim_has_a_rule_and_says_what_it_wants() -> None:
    claims = set(get_args(Claim))
    assert {claim for claim, _ in RULES} == claims
    assert all(claim.wanted for claim in claims)


def test_the_pages_tell_the_size_of_the_kernel() -> None:
    modules = list(KERNEL.glob("*.py"))
    lines = sum(len(path.read_text().splitlines()) for path in modules)
    said = f"{round(lines, -2):,} lines"
    root = KERNEL.parent.parent
    assert f"The checker is {said} of Python" in (root / "README.md").read_text()
    assert (
        f"The checker has {said} in {len(modules)} modules" in (root / "docs" / "architecture.md").read_text()
    )
