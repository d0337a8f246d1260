"""Transcripts of what engines are sent and say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qeclose.engine.process import Program, run
from qeclose.engine.protocol import Limits
from qeclose.engine.transcript import transcribed, transcript_in
from qeclose.errors import EngineCrashed

CAT = Program("cat", Path("/bin/cat"))


def test_a_transcript_holds_what_was_sent_and_said(tmp_path: Path):
    path = tmp_path / "transcript"
    with transcript_in(path):
        run(CAT, "one\ntwo\n", Limits(20, 500))
        run(CAT, "three", Limits(20, 500))
    text = path.read_text()
    assert re.findall(r"^===== (\w+): (\S+)", text, re.MULTILINE) == [("cat", "/bin/cat")] * 2
    assert "----- sent (8 bytes)\none\ntwo\n----- said (8 bytes)\none\ntwo\n" in text
    assert "----- sent (5 bytes)\nthree\n----- said (5 bytes)\nthree\n" in text


def test_without_a_transcript_nothing_is_written(tmp_path: Path):
    path = tmp_path / "transcript"
    transcribed(path, lambda: None)
    run(CAT, "one\n", Limits(20, 500))
    assert not path.exists()


def test_a_process_that_dies_is_in_the_transcript(tmp_path: Path):
    path = tmp_path / "transcript"
    dying = Program("sh", Path("/bin/sh"), ("-c", "echo last words; kill -SEGV $$"))
    with transcript_in(path), pytest.raises(EngineCrashed):
        run(dying, "", Limits(20, 500))
    assert "last words" in path.read_text()
