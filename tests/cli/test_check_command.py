"""``qeclose check``: exit statuses, reports, and engines that misbehave."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from command_line import FULL_1, LU_2, fake_z3, qeclose, start


@pytest.fixture
def lu(tmp_path: Path) -> str:
    path = tmp_path / "lu.txt"
    path.write_text(LU_2)
    return str(path)


def sentence(path: str, engine: str, *more: str):
    return qeclose("check", path, "--method", "sentence", "--engine", "z3", "--engine-path", engine, *more)


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        ("says unsat", 0),
        ("says sat", 1),
        pytest.param("says unknown", 3, marks=pytest.mark.slow),
        ("hangs", 3),
        pytest.param("eats memory", 3, marks=pytest.mark.slow),
        pytest.param("forks", 3, marks=pytest.mark.slow),
        ("crashes", 4),
        pytest.param("prints garbage", 4, marks=pytest.mark.slow),
        pytest.param("prints without end", 4, marks=pytest.mark.slow),
        pytest.param("says nothing", 4, marks=pytest.mark.slow),
    ],
)
def test_the_exit_status_tells_how_the_engine_behaved(tmp_path, lu, behaviour, status):
    seconds = "4" if behaviour in ("hangs", "forks") else "60"
    result = sentence(lu, fake_z3(tmp_path, behaviour), "--timeout", seconds, "--memory", "200")
    assert result.exit_code == status, result.output
    marked = [
        p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or [])
    ]
    assert not marked


def test_an_engine_that_is_not_there_is_status_4(lu):
    result = sentence(lu, "z3=/no/such/z3")
    assert result.exit_code == 4
    assert "/no/such/z3" in result.stderr


def test_an_engine_path_in_the_environment_is_used(tmp_path, lu):
    path = fake_z3(tmp_path, "says sat").partition("=")[2]
    result = qeclose(
        "check", lu, "--method", "sentence", "--engine", "z3", "--format", "json", QECLOSE_Z3=path
    )
    assert json.loads(result.stdout)["engines"][0]["version"] == "9.9.9"


def test_two_engines_that_disagree_are_status_4_with_both_answers(tmp_path, lu):
    cvc5 = tmp_path / "cvc5"
    cvc5.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'This is cvc5 version 1.0.0' || echo unsat\n")
    cvc5.chmod(0o755)
    result = sentence(lu, fake_z3(tmp_path, "says sat"), "--engine", "cvc5", "--engine-path", f"cvc5={cvc5}")
    assert result.exit_code == 4
    assert "z3: ill-posed; cvc5: well-posed" in result.stderr
    assert "undecided" in result.stdout


@pytest.mark.parametrize(
    ("behaviour", "expected", "status"),
    [
        ("says unsat", "well-posed", 0),
        ("says sat", "ill-posed", 0),
        ("says sat", "well-posed", 1),
        ("says unsat", "ill-posed", 1),
        ("says unknown", "ill-posed", 3),
        ("crashes", "ill-posed", 4),
    ],
)
def test_expect_turns_the_verdict_into_a_test(tmp_path, lu, behaviour, expected, status):
    assert sentence(lu, fake_z3(tmp_path, behaviour), "--expect", expected).exit_code == status


def test_a_malformed_file_is_reported_and_the_others_are_checked(tmp_path, lu):
    bad = tmp_path / "bad.txt"
    bad.write_text("I:\n10\n1\n")
    result = qeclose(
        "check",
        str(bad),
        lu,
        "--method=sentence",
        "--engine=z3",
        "--engine-path",
        fake_z3(tmp_path, "says sat"),
    )
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{bad}:3:")
    assert "lu: ill-posed" in result.stdout
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("x", "--timeout", "0"),
        ("x", "--timeout", "soon"),
        ("x", "--memory", "-1"),
        ("x", "--engine", "maple"),
        ("x", "--engine-path", "z3"),
        ("x", "--engine-path", "maple=/bin/true"),
        ("x", "--method", "luck"),
        ("x", "--expect", "undecided"),
        ("x", "--format", "yaml"),
        ("x", "-o", "/no/such/folder/report"),
        ("/no/such/file",),
        ("/",),
    ],
)
def test_usage_and_input_errors_are_status_2_without_a_traceback(arguments):
    result = qeclose("check", *arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_json_is_one_object_a_line(tmp_path):
    masks = tmp_path / "masks.txt"
    masks.write_text(f"== a ==\n{LU_2}== b ==\n{FULL_1}")
    result = sentence(str(masks), fake_z3(tmp_path, "says unsat"), "--format", "json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["name"], one["verdict"], one["source"]) for one in found] == [
        ("a", "well-posed", str(masks)),
        ("b", "well-posed", str(masks)),
    ]
    assert found[0]["engines"][0]["answer"] == "false"


def test_the_output_is_the_same_from_run_to_run_times_aside(tmp_path, lu):
    def run() -> dict:
        found = json.loads(sentence(lu, fake_z3(tmp_path, "says sat"), "--format", "json").stdout)
        del found["seconds"]
        for engine in found["engines"]:
            del engine["seconds"]
        return found

    assert json.dumps(run()) == json.dumps(run())


def test_a_pipe_gets_plain_text(tmp_path, lu):
    text = sentence(lu, fake_z3(tmp_path, "says sat")).stdout
    assert text.startswith("lu: ill-posed\n")
    assert "\x1b" not in text
    assert "■" not in text


def test_standard_input_is_a_file_too(tmp_path):
    result = qeclose(
        "check",
        "-",
        "--method=sentence",
        "--engine=z3",
        "--engine-path",
        fake_z3(tmp_path, "says sat"),
        stdin=LU_2,
    )
    assert result.exit_code == 1
    assert result.stdout.startswith("stdin: ill-posed")


def test_the_report_can_go_to_a_file_which_keeps_its_permissions(tmp_path, lu):
    report = tmp_path / "report.txt"
    report.write_text("old")
    report.chmod(0o640)
    result = sentence(lu, fake_z3(tmp_path, "says sat"), "-o", str(report))
    assert (result.exit_code, result.stdout) == (1, "")
    assert report.read_text().startswith("lu: ill-posed\n")
    assert report.stat().st_mode & 0o777 == 0o640
    assert not list(tmp_path.glob(".report*"))


def test_a_device_is_written_to_and_not_replaced(tmp_path, lu):
    sentence(lu, fake_z3(tmp_path, "says sat"), "-o", "/dev/null")
    assert not Path("/dev/null").is_file()


def test_engines_alone_give_no_certificate_and_say_so(tmp_path, lu):
    place = tmp_path / "certificate.json"
    result = sentence(lu, fake_z3(tmp_path, "says sat"), "--certificate", str(place))
    assert "no certificate" in result.stderr
    assert not place.exists()


def test_verbose_says_what_runs_and_quiet_does_not(tmp_path, lu):
    engine = fake_z3(tmp_path, "says sat")
    assert "z3: decide" in sentence(lu, engine, "-v").stderr
    assert sentence(lu, engine, "-v", "-q").stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("engines", [["z3"], ["z3", "cvc5"]])
def test_a_signal_kills_the_engines_and_keeps_what_was_finished(tmp_path, lu, number, status, engines):
    quick, slow = fake_z3(tmp_path, "says sat"), fake_z3(tmp_path, "hangs")
    switch = tmp_path / "switch"
    # The first support is answered, the second makes the engine hang.
    switch.write_text(
        f'#!/bin/sh\n[ -e {tmp_path}/$(basename $0)-done ] || [ "$1" = --version ] || '
        f"{{ touch {tmp_path}/$(basename $0)-done; exec {quick[3:]}; }}\n"
        f"[ \"$1\" = --version ] && echo 'Z3 version 1.0 cvc5 version 1.0' || exec {slow[3:]}\n"
    )
    switch.chmod(0o755)
    twin = tmp_path / "twin"
    twin.symlink_to(switch)
    options = [option for name in engines for option in ("--engine", name)]
    report = tmp_path / "report.txt"
    process = start(
        "check", lu, lu, "--method", "sentence", "-o", str(report), *options,
        "--engine-path", f"z3={switch}", "--engine-path", f"cvc5={twin}",
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while len(running := hanging_engines(process)) < len(engines) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(running) >= len(engines)
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == status, errors
    assert "Traceback" not in errors
    _, left = psutil.wait_procs(running, timeout=3)
    assert not left
    assert report.read_text().count("lu: ill-posed") == 1


def hanging_engines(process) -> list[psutil.Process]:
    """The descendants that are stand-ins that hang; each engine's guard has its path on the command line too."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            words = child.cmdline()
        except psutil.Error:
            continue
        if any(word.endswith("z3-hangs") for word in words):
            found.append(child)
    return found


def test_a_reader_that_goes_away_is_no_traceback(tmp_path):
    masks = tmp_path / "masks.txt"
    masks.write_text("".join(f"== m{number} ==\n{LU_2}" for number in range(20)))
    engine = fake_z3(tmp_path, "says sat")
    process = start("check", str(masks), "--method", "sentence", "--engine", "z3", "--engine-path", engine)
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    assert process.wait(timeout=30) == 141
    assert errors == ""


def test_a_terminal_gets_a_drawing_in_colour(tmp_path, lu):
    text, status = on_terminal(tmp_path, lu)
    assert status == 1
    assert "XYᵀ" in text
    assert "\x1b[30;4" in text  # a rectangle has a background of its own


def test_no_color_takes_the_colours_away(tmp_path, lu):
    text, _ = on_terminal(tmp_path, lu, NO_COLOR="1")
    assert "XYᵀ" in text
    assert "\x1b[30;4" not in text
    assert "\x1b[31m" not in text
    assert "\x1b[1;31m" not in text


@pytest.mark.slow
def test_a_slow_engine_shows_progress_with_the_time_left_on_a_terminal(tmp_path, lu):
    text, status = on_terminal(tmp_path, lu, behaviour="hangs", timeout="12")
    assert status == 3
    assert "z3 (decide)" in text
    assert "s left" in text


def on_terminal(
    tmp_path, lu, *, behaviour: str = "says sat", timeout: str = "20", **environment: str
) -> tuple[str, int]:
    import sys

    import pexpect

    child = pexpect.spawn(
        sys.executable,
        ["-m", "qeclose", "check", lu, "--method", "sentence", "--engine", "z3", "--timeout", timeout,
         "--engine-path", fake_z3(tmp_path, behaviour)],
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
        encoding="utf-8",
        timeout=30,
    )  # fmt: skip
    text = child.read()
    child.close()
    return text, child.exitstatus
