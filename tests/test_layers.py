"""The layers hold: a package imports from itself and from lines above it in the table, never from below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from each import each

PACKAGE = Path(__file__).parents[1] / "shopdata"
#: From the bottom up. What stands in one line does not know each other.
LAYERS = """
texts
exceptions  failpoints  private  terminal
long_paths
accounts  columns  files  network  periods  reasons  signals  states  whole_numbers
config  log_times  wording
browser  excel  ledger  doorway
sessions  store
lake
alerts  items
arguments  traffic  workspace
plan
crawling
middlewares  pipelines  extensions  logs  command_frame  command_help  platforms
service
spiders
actions
commands
settings
crawl_settings
addon
"""
LAYER = {name: number for number, line in enumerate(LAYERS.split("\n")) for name in line.split()}
#: The first line that knows Scrapy.
WITH_SCRAPY = LAYER["crawling"]

MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = {".".join(("shopdata", *path.relative_to(PACKAGE).with_suffix("").parts)): path for path in MODULES}


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


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


@each(MODULES)
def test_imports_go_down(path: Path) -> None:
    package = package_of(path)
    if package == "__init__":
        assert set(imports_of(path)) == {"shopdata.addon"}
        return
    for module in imports_of(path):
        top, _, inner = module.partition(".")
        if top.startswith("scrapy"):
            assert LAYER[package] >= WITH_SCRAPY, f"{module} is Scrapy's, of which {package} knows nothing"
        if top == "shopdata" and (imported := inner.partition(".")[0]) != package:
            assert LAYER[imported] < LAYER[package], f"{package} must not import {module}"


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


def test_every_package_has_a_layer() -> None:
    assert {package_of(path) for path in MODULES} - {"__init__"} == LAYER.keys()


def importers_of(name: str) -> set[str]:
    """The packages of ours that import a module of this name, or from below it."""
    return {
        package_of(path)
        for path in MODULES
        for module in imports_of(path)
        if module == name or module.startswith(f"{name}.")
    }


def test_only_its_command_looks_into_the_sandbox() -> None:
    assert importers_of("sandbox") == {"commands"}


def test_only_the_sandbox_knows_its_object_store() -> None:
    assert [path for path in MODULES if "seaweed" in path.read_text("utf-8").lower()] == []


def test_the_service_knows_no_part_of_a_crawl() -> None:
    """A crawl is a process of its own, and runs from an egg that may be another version."""
    known = {
        module.split(".")[1]
        for path in MODULES
        if package_of(path) == "service"
        for module in imports_of(path)
        if module.startswith("shopdata.")
    }
    assert {name for name in known if LAYER[name] >= WITH_SCRAPY} == {"logs", "service"}
    assert importers_of("shopdata.service") == {"service", "actions"}
