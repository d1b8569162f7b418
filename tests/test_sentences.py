"""Every error of the code says what, where, what was found or expected, and what to do (CONTRIBUTING.md#errors).

The code is read, not run: no place is forgotten, however rarely it is reached.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from each import each

from shopdata import exceptions
from shopdata.exceptions import ArgumentError, ConfigError, ShopdataError, UsageError

HOUSE = Path(__file__).parents[1] / "shopdata"
KINDS = {
    name: kind
    for name, kind in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(kind, ShopdataError) and kind is not ConfigError
}
#: Those that somebody makes; the others are only caught.
LEAVES = {
    name: kind
    for name, kind in KINDS.items()
    if not any(other is not kind and issubclass(other, kind) for other in KINDS.values())
}
#: Classes with subclasses that are made themselves too; the last two as the base of what a module keeps to itself.
MADE_THEMSELVES = {"UsageError", "PortalError", "LedgerError", "ShopdataError", "TransientError"}


@dataclass(frozen=True)
class Site:
    """A place that makes an error."""

    path: Path
    call: ast.Call
    kind: type[ShopdataError]
    #: Where a function makes it of a `what` that it is given: what its callers give.
    given: tuple[ast.expr, ...] = ()

    @property
    def where(self) -> str:
        return f"{self.path.relative_to(HOUSE).as_posix()}:{self.call.lineno}"

    @property
    def parts(self) -> dict[str, ast.expr]:
        """What the sentence is made of, and `code` and `params` apart from it."""
        return {key.arg: key.value for key in self.call.keywords if key.arg and key.arg not in ("code", "params")}

    @property
    def codes(self) -> set[str]:
        """The codes that it may give, as far as they stand there."""
        given = [keyword.value for keyword in self.call.keywords if keyword.arg == "code"]
        return {one.value for node in given for one in ast.walk(node) if isinstance(one, ast.Constant) and one.value}

    @property
    def what(self) -> ast.expr:
        assert len(self.call.args) == 1, "`what` alone is told without its name"
        return self.call.args[0]

    @property
    def whats(self) -> list[str]:
        """The clause, or the clauses that it may be."""
        return [rendered(node) for node in self.given or (self.what,)]


def given_to(nodes: list[ast.AST], call: ast.Call) -> tuple[ast.expr, ...]:
    """The first arguments of all calls of the function around `call`, if it hands its own first one on."""
    for function in (node for node in nodes if isinstance(node, ast.FunctionDef)):
        names = [argument.arg for argument in function.args.args if argument.arg != "self"]
        inside = function.lineno <= call.lineno <= (function.end_lineno or 0)
        if inside and call.args and names and ast.unparse(call.args[0]) == names[0]:
            calls = (node for node in nodes if isinstance(node, ast.Call) and node.args)
            return tuple(c.args[0] for c in calls if ast.unparse(c.func).rpartition(".")[2] == function.name)
    return ()


def files() -> Iterator[tuple[Path, list[ast.AST]]]:
    """Each with all nodes of its tree."""
    for path in sorted(HOUSE.rglob("*.py")):
        if path.name != "exceptions.py":
            yield path, list(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def sites() -> list[Site]:
    """All of them, found once."""
    return list(found_sites())


def found_sites() -> Iterator[Site]:
    """Also of subclasses that a module keeps to itself: they say what their base says."""
    kinds, known = dict(KINDS), list(files())
    classes = [node for _, nodes in known for node in nodes if isinstance(node, ast.ClassDef)]
    # Twice: a subclass may have a subclass.
    for node in [*classes, *classes]:
        for base in node.bases:
            if (kind := kinds.get(ast.unparse(base).rpartition(".")[2])) is not None:
                kinds[node.name] = kind
    for path, nodes in known:
        # Scrapy has a UsageError too.
        scrapys = {
            alias.asname or alias.name
            for node in nodes
            if isinstance(node, ast.ImportFrom) and node.module == "scrapy.exceptions"
            for alias in node.names
        }
        for node in nodes:
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                if name in kinds and name not in scrapys:
                    yield Site(path, node, kinds[name], given_to(nodes, node))


def rendered(node: ast.expr) -> str:
    """The text of an expression, its holes filled with a word."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(rendered(part) if isinstance(part, ast.Constant) else "thing" for part in node.values)
    if isinstance(node, ast.IfExp):
        return rendered(node.body)
    return "thing"


def has_hole(node: ast.expr) -> bool:
    """True if the sentence names something that is only known when it happens."""
    return not isinstance(node, ast.Constant)


@each(sites, lambda site: site.where)
def test_has_all_parts(site: Site) -> None:
    parts = site.parts
    assert all(keyword.arg for keyword in site.call.keywords), "write the parts out: ** hides them"
    assert "todo" in parts, "what can the reader do?"
    assert rendered(parts["todo"]).strip()
    assert site.whats
    for what in site.whats:
        assert what.strip()
        assert not re.search(r"[.!?]$", what), "a clause: the full stop is added"
    # An argument is named by its own value.
    is_named = issubclass(site.kind, ArgumentError) and "found" in parts
    assert "where" in parts or has_hole(site.what) or is_named, "which file, shop, host or argument?"
    if not issubclass(site.kind, UsageError):
        assert {"found", "expected"} & parts.keys() or has_hole(site.what), "what was found against what was expected?"


@each(sites, lambda site: site.where)
def test_reads_as_a_sentence(site: Site) -> None:
    error = site.kind(rendered(site.what), **{name: rendered(value) for name, value in site.parts.items()})
    sentence = str(error)
    for part in (error.what, error.where, error.found, error.expected, error.todo):
        assert part in sentence
    assert sentence.endswith((".", "?", "`", ")")), sentence
    assert "  " not in sentence
    assert "None" not in sentence


def test_every_kind_is_made_somewhere() -> None:
    assert {site.kind.__name__ for site in sites()} - MADE_THEMSELVES == LEAVES.keys()
