"""What all commands that collect nothing have in common: options, errors and Ctrl-C become exit codes."""

from __future__ import annotations

import argparse

import pytest
from scrapy.settings import Settings

from shopdata.command_frame import QuietCommand
from shopdata.exceptions import ArgumentError, LedgerError, ShopdataError


class Plain(QuietCommand):
    """Ends as it is told to."""

    summary = "Do nothing"

    def __init__(self, ending: BaseException | None = None) -> None:
        super().__init__()
        self.settings = Settings()
        self._ending = ending

    def work(self, args: list[str], opts: argparse.Namespace) -> int:
        if self._ending is not None:
            raise self._ending
        return 0


class WithArguments(Plain):
    """Takes what it is given."""

    usage = "ONE"


def exit_code(command: QuietCommand, *args: str) -> int:
    command.run(list(args), argparse.Namespace())
    return command.exitcode


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        pytest.param(None, 0, id="well"),
        pytest.param(ShopdataError("it broke"), 1, id="an error"),
        pytest.param(ArgumentError("not so"), 2, id="a wrong argument"),
        pytest.param(LedgerError("it is gone"), 2, id="no ledger"),
        pytest.param(KeyboardInterrupt(), 130, id="Ctrl-C"),
    ],
)
def test_endings_are_exit_codes(ending: BaseException | None, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(Plain(ending)) == code
    said = str(ending) if isinstance(ending, ShopdataError) else ""
    assert capsys.readouterr().err.strip() == said


def test_only_who_says_so_takes_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(WithArguments(), "more") == 0
    assert exit_code(Plain(), "more") == 2
    assert "more: this command takes options only" in capsys.readouterr().err
    assert exit_code(WithArguments(), "--moer=1") == 2
    assert "--moer: this option is not known" in capsys.readouterr().err
