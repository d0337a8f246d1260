"""The site of docs/: every page has its place, the reference names all that is public, notebooks and how-to pages run."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import qeclose
from qeclose.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
CELLS = re.findall(r"```\{code-cell\}\n(.*?)```", (DOCS / "notebook.md").read_text(), re.DOTALL)


def navigation() -> list[str]:
    """The pages that docs/conf.py lists, without importing Sphinx."""
    for node in ast.parse((DOCS / "conf.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NAVIGATION":
            return [page for pages in ast.literal_eval(node.value).values() for page in pages]
    raise AssertionError("docs/conf.py has no NAVIGATION")


def test_every_page_is_in_the_navigation_and_in_the_index() -> None:
    pages = sorted(path.stem for path in DOCS.glob("*.md") if path.stem != "index")
    assert sorted(navigation()) == pages
    index = (DOCS / "index.md").read_text()
    assert [page for page in pages if f"({page}.md)" not in index] == []


def test_links_between_pages_lead_to_files_that_are_there() -> None:
    lost = [
        f"{page.name}: {target}"
        for page in DOCS.glob("*.md")
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
        if not (DOCS / target).exists()
    ]
    assert not lost, "\n".join(lost)


def test_the_reference_has_all_that_is_public() -> None:
    page = (DOCS / "reference.md").read_text()
    public = set(qeclose.__all__) - {"__version__", "QecloseError"}
    assert {name for name in public if f":: qeclose.{name}\n" not in page} == set()


def test_what_the_reference_shows_has_docstrings() -> None:
    bare = [name for name in qeclose.__all__ if not (getattr(qeclose, name).__doc__ or "").strip()]
    assert bare == ["__version__"] or bare == []


def test_the_page_on_new_engines_names_files_that_are_there() -> None:
    named = re.findall(r"`((?:qeclose|tests)/[^`]+)`", (DOCS / "new-engine.md").read_text())
    assert len(named) >= 9
    assert [path for path in named if not (ROOT / path).exists()] == []


def commands() -> Iterator[str]:
    yield from re.findall(r"^    (qeclose .*)$", (DOCS / "new-engine.md").read_text(), re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("command", list(commands()))
def test_a_command_of_the_page_on_new_engines_does_what_it_says(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "engines" in command or "z3" in command:
        pytest.importorskip("z3", reason="Z3 is not installed")
    (tmp_path / "supports").symlink_to(ROOT / "supports")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code in (0, 1), result.output


@pytest.mark.slow
def test_the_cells_of_the_notebook_run_in_order(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    assert len(CELLS) >= 8
    program = tmp_path / "notebook.py"
    program.write_text("\n".join(CELLS))
    done = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "diverging.png").stat().st_size > 1000
    assert "[[0, 1], [1, 0]] frontier" in done.stdout


@pytest.mark.slow
def test_jupyter_runs_the_notebook(tmp_path: Path) -> None:
    jupytext = pytest.importorskip("jupytext", reason="jupytext, of the extra docs, is not installed")
    client = pytest.importorskip("nbclient", reason="nbclient, of the extra docs, is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel, of the extra docs, is not installed")
    book = jupytext.read(DOCS / "notebook.md")
    client.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in book.cells for output in cell.get("outputs", ())]
    assert not [output for output in shown if output.output_type == "error"]
    assert any("text/html" in output.get("data", {}) for output in shown), "the masks are shown as pictures"


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    for name in ("sphinx", "furo", "myst_parser"):
        pytest.importorskip(name, reason=f"{name}, of the extra docs, is not installed")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(DOCS), str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    reference = (tmp_path / "site" / "reference.html").read_text()
    assert 'id="qeclose.check"' in reference and "wall-clock seconds" in reference
    remote = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(https?:[^"]*)"', reference)
    assert not remote, "the site fetches nothing from elsewhere"
