"""A platform is named in its own package, by its spiders and in YAML: so a new one changes nothing else."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "shopdata"
A_PLATFORM = re.compile(
    r"(?<![a-z])(?:jd|pdd)(?![a-z])|(?:Jd|Pdd)(?=[A-Z])|pinduoduo|yangkeduo|京东|拼多多|__mms", re.IGNORECASE
)
#: The command hands the sandbox its options, and those are the sandbox's own.
OF_THE_SANDBOX = "commands/sandbox.py"


def test_platforms_do_not_know_each_other() -> None:
    for path in (PACKAGE / "platforms").glob("*/*.py"):
        named = set(re.findall(r"shopdata\.platforms\.(\w+)\.", path.read_text("utf-8")))
        assert named <= {path.parent.name}, path


def test_nobody_else_does() -> None:
    found = {
        f"{path.relative_to(PACKAGE).as_posix()}:{number}: {line.strip()}"
        for path in PACKAGE.rglob("*")
        if path.suffix in (".py", ".yaml", ".html", ".js", ".css")
        and path.relative_to(PACKAGE).parts[0] not in ("platforms", "spiders")
        and path.relative_to(PACKAGE).as_posix() != OF_THE_SANDBOX
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if A_PLATFORM.search(line)
    }
    assert found == set()
