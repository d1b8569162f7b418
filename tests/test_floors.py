"""The house stands: an import goes down at least one floor, or stays in its own package (DESIGN 3)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "shopdata"
FLOORS = (
    {"texts"},
    {"exceptions", "failpoints", "private", "terminal"},
    {"long_paths"},
    {"accounts", "columns", "files", "network", "periods", "signals", "states", "whole_numbers"},
    {"items", "config", "log_times"},
    {"login", "lake", "pace", "doorway"},
    {"alerts"},
    {"arguments", "traffic", "workspace"},
    {"plan"},
    {"downloads"},
    {"base_spiders", "middlewares", "pipelines", "extensions", "browser", "logs", "command_frame", "command_help"},
    {"service"},
    {"spiders"},
    {"sandbox"},
    {"actions"},
    {"commands"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms} | {"settings": len(FLOORS)}
WITH_SCRAPY = set().union(*FLOORS[9:])

MODULES = sorted(HOUSE.rglob("*.py"))
NAMES = {".".join(("shopdata", *path.relative_to(HOUSE).with_suffix("").parts)): path for path in MODULES}


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Every imported module, also where only a type checker looks."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write the whole name of the module"
            if node.module == "shopdata":
                yield from (f"shopdata.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_imports_go_down(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        assert list(imports_of(path)) == []
        return
    for module in imports_of(path):
        top, _, inner = module.partition(".")
        if top.startswith("scrapy"):
            assert room in WITH_SCRAPY, f"{module} is Scrapy's: floors 3 and 4 only"
        if top != "shopdata" or (below := inner.partition(".")[0]) == room:
            continue
        assert FLOOR[below] < FLOOR[room], f"{room} must not import {module}"


def imported_at_once(path: Path) -> Iterator[str]:
    """The modules of ours that are imported before this one is done."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            within = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in NAMES else f"{node.module}" for name in within]
        else:
            continue
        yield from (f"{name}.__init__" if f"{name}.__init__" in NAMES else name for name in names)


def test_whatever_is_imported_first_can_be() -> None:
    """Most tests run their commands in processes that have imported everything before, in one order."""
    TopologicalSorter(
        {name: set(imported_at_once(path)) for name, path in NAMES.items()}
    ).prepare()  # raises CycleError


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(path) for path in MODULES}
    assert rooms - {"__init__"} <= FLOOR.keys()


def test_only_its_command_looks_into_the_sandbox() -> None:
    lookers = {room_of(path) for path in MODULES for module in imports_of(path) if "shopdata.sandbox" in module}
    assert lookers == {"sandbox", "actions", "commands"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_only_the_sandbox_knows_its_object_store(path: Path) -> None:
    if room_of(path) != "sandbox":
        assert "seaweed" not in path.read_text("utf-8").lower()


def test_the_service_knows_no_part_of_a_crawl() -> None:
    """A crawl is a process of its own, and runs from an egg that may be another version."""
    known = {
        module.split(".")[1]
        for path in MODULES
        if room_of(path) == "service"
        for module in imports_of(path)
        if module.startswith("shopdata.")
    }
    assert known <= set().union(*FLOORS[: FLOOR["base_spiders"]]) | {"logs", "service"}
    users = {room_of(path) for path in MODULES for module in imports_of(path) if module.startswith("shopdata.service")}
    assert users == {"service", "actions"}
