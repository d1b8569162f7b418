"""`scrapy sandbox` as a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from shopdata.commands.sandbox import Command

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "scrapy", "sandbox"]


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The command, up and listening, and the lines that it has printed until then."""
    environment = {name: value for name, value in os.environ.items() if name != "SHOPDATA_CONFIG_DIR"}
    process = subprocess.Popen([*COMMAND, *options], cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if lines[-1] == "Ctrl-C ends it.":
                break
        else:
            pytest.fail(f"the sandbox ended with {process.wait()}: {lines}")
        yield process, lines
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.cold
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent in another way on Windows")
def test_ctrl_c_ends_it_cleanly() -> None:
    with running("--shops", "1", "--rows", "5") as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


@pytest.mark.cold
def test_it_says_what_to_export_and_writes_the_configuration_until_a_signal(tmp_path: Path) -> None:
    faults = ["--fault", "sandbox-02:captcha", "--fault", "pdd-01:risk_control"]
    options = ["--shops", "2", "--pdd-shops", "1", *faults, "--config-dir", str(tmp_path / "config")]
    with running(*options, "--env-file", str(tmp_path / "env")) as (process, lines):
        assert f'  export SHOPDATA_CONFIG_DIR="{tmp_path / "config"}"' in lines
        assert '  export SANDBOX_02_PASSWORD="sandbox-password-02"' in lines
        assert '  export PDD_01_PASSWORD="sandbox-pdd-password-01"' in lines
        variables = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
        assert variables["SANDBOX_02_PASSWORD"] == "sandbox-password-02"
        assert "sandbox-02" in (tmp_path / "config" / "shops.yaml").read_text(encoding="utf-8")
        control = next(line.split()[1] for line in lines if line.startswith("  control"))
        with urllib.request.urlopen(f"{control}/faults", timeout=20) as answer:
            assert [rule["fault"] for rule in json.load(answer)["set"]] == ["captcha", "risk_control"]
    assert process.returncode == (1 if sys.platform == "win32" else 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--shops", "0", "--pdd-shops", "0"], "both 0; expected a shop"),
        (["--fault", "sandbox-01:nix"], "no fault 'nix'"),
        (["--fault", "nobody:sms"], "no shop 'nobody'"),
    ],
    ids=["no-shops", "unknown-fault", "unknown-shop"],
)
def test_wrong_options_are_said_in_a_sentence(options: list[str], says: str) -> None:
    command, parser = Command(), argparse.ArgumentParser()
    command.settings = Settings()
    command.add_options(parser)
    given, rest = parser.parse_known_args(options)
    with pytest.raises(UsageError) as told:
        command.run(rest, given)
    assert says in str(told.value)


@pytest.mark.cold
def test_the_sentence_is_all_that_is_printed() -> None:
    wrong = [*COMMAND, "--fault", "sandbox-01:nix"]
    done = subprocess.run(wrong, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "no fault 'nix'" in done.stderr
    assert "Traceback" not in done.stderr
