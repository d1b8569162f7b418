"""The layers hold: what stands in a line of a table imports from lines above it, never from its own or from below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: The packages and modules of `shopdata`, from the bottom up.
LAYERS = """
run_ids  texts
exceptions  failpoints  private  terminal
long_paths
accounts  columns  derived_keys  files  held_folder  network  periods  reasons  signals  states  whole_numbers
config  log_times  wording
browser  excel  ledger  doorway  variables
checks
sessions  store
lake  shops
alerts  items  shadow
arguments  workspace
plan
crawling
middlewares  pipelines  extensions  logs  command_frame  command_help  platforms  recording
service
spiders
doctor
actions
commands
settings
crawl_settings
addon
__init__
"""
#: Where Scrapy begins: no line above this one knows it.
FIRST_WITH_SCRAPY = "crawling"

#: The same within the engine; `__init__` is what `from shopdata.excel import ...` means.
ENGINE_LAYERS = """
arrow_setup  contract  limits  worker_template  xml
names  worker_processes
containers  tables  workers
values
blocks  workbook
layout
assembly
formats
reading
__init__
merging  recount
"""


@cache
def sources() -> dict[str, str]:
    """The text of each module of `shopdata`."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text("utf-8")
        for path in sorted((ROOT / "shopdata").rglob("*.py"))
    }


def imports_of(source: str) -> Iterator[str]:
    """Every imported module by its whole name, also where only a type checker looks, or only one function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write the whole name of the module"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [
                name if name in sources() or f"{name}.__init__" in sources() else f"{node.module}" for name in inner
            ]
        else:
            continue
        yield from (f"{name}.__init__" if f"{name}.__init__" in sources() else name for name in names)


@cache
def imports() -> dict[str, set[str]]:
    """What each module imports."""
    return {name: set(imports_of(source)) for name, source in sources().items()}


def lines_of(table: str) -> dict[str, int]:
    """The line in which each name stands."""
    return {name: number for number, line in enumerate(table.split("\n")) for name in line.split()}


def parts_of(root: str) -> dict[str, str]:
    """Each module below a package, and to which of its packages and modules it belongs."""
    return {name: name.removeprefix(f"{root}.").split(".")[0] for name in sources() if name.startswith(f"{root}.")}


@pytest.mark.parametrize(("root", "table"), [("shopdata", LAYERS), ("shopdata.excel", ENGINE_LAYERS)])
def test_imports_come_from_lines_above(root: str, table: str) -> None:
    part, line = parts_of(root), lines_of(table)
    assert set(part.values()) == line.keys()
    assert [
        f"{name} imports {imported}"
        for name in part
        for imported in imports()[name] & part.keys()
        if part[name] != part[imported] and line[part[imported]] >= line[part[name]]
    ] == []


def test_scrapy_is_known_from_crawling_on() -> None:
    part, line = parts_of("shopdata"), lines_of(LAYERS)
    without = [name for name in part if line[part[name]] < line[FIRST_WITH_SCRAPY]]
    assert [name for name in without for imported in imports()[name] if imported.startswith("scrapy")] == []


def test_no_import_leads_back_to_where_it_began() -> None:
    """Whatever is imported first can be."""
    TopologicalSorter({name: imports()[name] - {name} for name in sources()}).prepare()  # raises CycleError


def importers_of(package: str) -> set[str]:
    """Which parts of `shopdata` import something from a package."""
    part = parts_of("shopdata")
    return {part[name] for name in part for imported in imports()[name] if f"{imported}.".startswith(f"{package}.")}


def test_only_its_command_looks_into_the_sandbox() -> None:
    assert importers_of("sandbox") == {"commands"}


def test_only_the_sandbox_knows_its_object_store() -> None:
    assert [name for name, source in sources().items() if "seaweed" in source.lower()] == []


def test_the_engine_knows_no_configuration_and_no_store() -> None:
    """It can be used, and tested, without any of ours."""
    part = parts_of("shopdata")
    known = {part[imported] for name in part if part[name] == "excel" for imported in imports()[name] & part.keys()}
    assert known == {"columns", "excel", "exceptions", "files", "periods", "texts"}


def test_the_service_knows_no_part_of_a_crawl() -> None:
    """A crawl is a process of its own, and runs from an egg that may be another version."""
    crawl = {name for name, line in lines_of(LAYERS).items() if line >= lines_of(LAYERS)[FIRST_WITH_SCRAPY]}
    assert {name for name in crawl if "service" in importers_of(f"shopdata.{name}")} == {"logs", "service"}
    assert importers_of("shopdata.service") == {"service", "actions"}
