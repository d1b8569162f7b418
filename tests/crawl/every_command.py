"""Runs `scrapy` commands one after the other in this process, each with output of its own; prints their exit codes.

Args: the encoding of their output, and a JSON list of commands, each a list of arguments. What the n-th one prints is
in `ENCODING.n`.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

from scrapy.cmdline import execute

from shopdata import doorway


def code_of(arguments: list[str], output: Path, encoding: str) -> int:
    before = sys.stdout, sys.stderr
    with io.TextIOWrapper(output.open("wb"), encoding=encoding) as stream:
        sys.stdout = sys.stderr = stream
        # In a process of its own, the import of the commands does this.
        doorway.enter()
        try:
            execute(["scrapy", *arguments])
        except SystemExit as end:
            return int(end.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.stdout, sys.stderr = before
    raise AssertionError("every command ends with a code")


def main(encoding: str, commands: list[list[str]]) -> None:
    codes = [code_of(arguments, Path(f"{encoding}.{n}"), encoding) for n, arguments in enumerate(commands)]
    print(json.dumps(codes))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
