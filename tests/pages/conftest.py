"""Chromium without a window, to look at pages as people do."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed")
    return path


Act = Callable[..., object]


@pytest.fixture
def run_in_page(chromium: str, tmp_path: Path) -> Act:
    """Open a page, run a script at its end, and give what the script leaves in ``result``, perhaps as a promise.

    The page's own policy forbids that script; for the test it is let in by its digest, and by nothing wider.
    """
    import base64
    from hashlib import sha256

    def act(text: str, script: str, *flags: str) -> object:
        code = f"(() => {{ let result; {script}; const tell = told => {{ document.title = JSON.stringify(told); }}; "
        code += "result instanceof Promise ? result.then(tell) : tell(result); })()"
        digest = f"'sha256-{base64.b64encode(sha256(code.encode()).digest()).decode()}'"
        if "script-src " not in text:  # a page that has no script of its own
            text = text.replace(
                "default-src &#x27;none&#x27;", "default-src &#x27;none&#x27;; script-src ", 1
            )
        assert "script-src " in text
        page = text.replace("script-src ", f"script-src {digest.replace(chr(39), '&#x27;')} ", 1)
        file = tmp_path / "page.html"
        file.write_text(page.replace("</body>", f"<script>{code}</script></body>"), "utf-8")
        found = dump(chromium, tmp_path, file, *flags)
        title = found.partition("<title>")[2].partition("</title>")[0]
        return json.loads(title.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))

    return act


def dump(chromium: str, folder: Path, file: Path, *flags: str) -> str:
    """The page as Chromium understood it, after its scripts have run."""
    command = [
        chromium,
        *_FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        *flags,
        "--dump-dom",
        file.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout


@pytest.fixture
def dump_page(chromium: str, tmp_path: Path) -> Callable[..., str]:
    """The same as a function of the file and flags."""
    return lambda file, *flags: dump(chromium, tmp_path, file, *flags)


def printed(chromium: str, folder: Path, file: Path, *flags: str) -> None:
    """Run Chromium for what a flag writes: a PDF or a picture."""
    command = [chromium, *_FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, file.as_uri()]
    subprocess.run(command, capture_output=True, timeout=300, check=True)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The code of axe-core, which looks for what shuts people out of a page."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, which brings axe-core")
    folder = tmp_path_factory.mktemp("axe")
    command = [
        npm,
        "install",
        "--silent",
        "--no-save",
        "--ignore-scripts",
        "--prefix",
        str(folder),
        "axe-core@4",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm brought no axe-core within five minutes")
    if done.returncode:
        pytest.skip(f"npm brought no axe-core: {(done.stderr or done.stdout).strip()[:200]}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
