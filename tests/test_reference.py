"""docs/reference.md says what the code has, and no more; the links of all documents lead somewhere."""

from __future__ import annotations

import argparse
import ast
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import yaml
from each import each
from pydantic import BaseModel, SecretStr
from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings, default_settings
from scrapy.utils.misc import walk_modules_iter

from shopdata import crawl_settings, settings, signals
from shopdata.arguments import ARGUMENTS
from shopdata.config import Alerts, Dataset, Lake, Schedule, Shops
from shopdata.config.model import Model
from shopdata.config.platforms import portals_model
from shopdata.ledger.ledger import FILE_NAME
from shopdata.states import CellState
from shopdata.store import keys

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "shopdata"
REFERENCE = ROOT / "docs" / "reference.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])

#: The YAML files by their heading in the reference.
YAML_FILES: dict[str, type[Model]] = {
    "shops.yaml": Shops,
    "portals.yaml": portals_model(),
    "lake.yaml": Lake,
    "schedule.yaml": Schedule,
    "alerts.yaml": Alerts,
    "datasets/DATASET.yaml": Dataset,
}

#: Those of the project, and those that the add-on sets for a crawl.
SCRAPYS = vars(settings) | vars(crawl_settings)

Trees = dict[Path, ast.Module]


# -- the document ----------------------------------------------------------------------------------------------------


def rows_of(section: str, document: Path = REFERENCE) -> list[list[str]]:
    """The cells of the table below a heading, without header and rule; code marks are taken off a cell that is code."""
    _, _, text = document.read_text("utf-8").partition(f" {section}\n")
    lines = [line for line in re.split(r"^#", text, flags=re.MULTILINE)[0].splitlines() if line.startswith("|")]
    assert len(lines) > 2, f"no table under {section!r}"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert len({len(row) for row in rows}) == 1, f"rows of different length under {section!r}"
    return [[re.sub(r"^`([^`]*)`$", r"\1", cell) for cell in row] for row in rows]


def names_of(section: str) -> list[str]:
    """The first column; every name once."""
    names = [row[0] for row in rows_of(section)]
    assert len(names) == len(set(names)), f"a name stands twice under {section!r}"
    return names


# -- the code --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trees() -> Trees:
    """Every module of the package."""
    return {path: ast.parse(path.read_text("utf-8")) for path in HOUSE.rglob("*.py")}


def texts_in(tree: ast.AST) -> Iterator[str]:
    """Every text constant, and every name of a keyword argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def stats_in(tree: ast.Module) -> Iterator[str]:
    """Names of stats; an f-string's hole is filled with what its function is called with, else with `<name>`."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    filled: set[ast.AST] = set()
    for function in functions:
        parameters = [argument.arg for argument in function.args.args]
        calls = [
            [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == function.name
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "self"
        ]
        for node in ast.walk(function):
            if isinstance(node, ast.JoinedStr) and (name := pattern_of(node)).startswith("shopdata/"):
                filled.update(ast.walk(node))
                holes = re.findall(r"<(\w+)>", name)
                if len(holes) == 1 and holes[0] in parameters and calls:
                    yield from (name.replace(f"<{holes[0]}>", str(call[0])) for call in calls)
                else:
                    yield name
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in filled and isinstance(node.value, str):
            yield from re.findall(r"^shopdata/[a-z_/]+$", node.value)


def pattern_of(node: ast.JoinedStr) -> str:
    """`f"shopdata/cells/{state}"` as `shopdata/cells/<state>`."""
    parts = []
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            parts.append(f"<{ast.unparse(value.value).rpartition('.')[2]}>")
        else:
            assert isinstance(value, ast.Constant)
            parts.append(str(value.value))
    return "".join(parts)


def yaml_keys(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, str]]:
    """Every key of a file with its default as YAML has it, or `required`; a list of models as `name[].key`."""
    for name, field in model.model_fields.items():
        inner, is_list = model_in(field.annotation)
        if inner is not None:
            yield from yaml_keys(inner, f"{before}{name}{'[]' if is_list else ''}.")
        else:
            yield (
                f"{before}{name}",
                "required" if field.is_required() else as_yaml(field.get_default(call_default_factory=True)),
            )


def model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model that a key holds, and whether it holds a list of them."""
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        return annotation, False
    for argument in get_args(annotation):
        inner, is_list = model_in(argument)
        if inner is not None:
            return inner, is_list or get_origin(annotation) is tuple
    return None, False


def as_yaml(value: Any) -> str:
    """A default in YAML's one-line form, which JSON is a part of."""
    return json.dumps(value.get_secret_value() if isinstance(value, SecretStr) else value, ensure_ascii=False)


def our_commands() -> dict[str, type[ScrapyCommand]]:
    """The commands by their name: a module of COMMANDS_MODULE is a command."""
    modules = [module for module in walk_modules_iter(settings.COMMANDS_MODULE) if hasattr(module, "Command")]
    return {module.__name__.rpartition(".")[2]: module.Command for module in modules}


def options_of(command: type[ScrapyCommand]) -> set[str]:
    """The first name of each option that not every command has."""

    def options(made: ScrapyCommand) -> set[str]:
        made.settings = Settings()
        parser = argparse.ArgumentParser(add_help=False, conflict_handler="resolve")
        made.add_options(parser)
        return {action.option_strings[0] for action in parser._actions if action.option_strings}

    class Plain(ScrapyCommand):
        def short_desc(self) -> str:
            return ""

        def run(self, args: list[str], opts: argparse.Namespace) -> None: ...

    return options(command()) - options(Plain())


# -- surfaces --------------------------------------------------------------------------------------------------------


def test_environment(trees: Trees) -> None:
    # Environment variables are read in these places only (CONTRIBUTING.md#settings), and by ${NAME} in YAML.
    read = {
        text
        for path in (HOUSE / "settings.py", HOUSE / "config" / "folder.py", HOUSE / "config" / "loading.py")
        for text in texts_in(trees[path])
        if re.fullmatch(r"SHOPDATA_[A-Z0-9_]+", text)
    }
    for file in (ROOT / "pipelines_config").rglob("*.yaml"):
        text = yaml.safe_dump(yaml.safe_load(file.read_text("utf-8")))
        read.update(re.findall(r"\$\{(\w+)", text))
    assert set(names_of("Environment")) == read


def test_settings(trees: Trees) -> None:
    asked = {
        text
        for path, tree in trees.items()
        for text in texts_in(tree)
        if path != HOUSE / "settings.py" and re.fullmatch(r"SHOPDATA_[A-Z0-9_]+", text)
    }
    set_here = {name for name in vars(settings) if name.startswith("SHOPDATA_")}
    # Some names are only in the environment; messages and `scrapy service compose` name them.
    assert set(names_of("Settings")) == set_here | asked - set(names_of("Environment"))


def is_literal(written: str) -> bool:
    """True for a value; what depends on the machine is put in words."""
    try:
        ast.literal_eval(written)
    except (SyntaxError, ValueError):
        return False
    return True


@pytest.mark.parametrize(
    ("name", "written"),
    [row[:2] for row in rows_of("Settings") if hasattr(settings, row[0]) and is_literal(row[1])],
    ids=lambda cell: cell.lower(),
)
def test_default_of_our_setting(name: str, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A module of its own, so that nobody's environment is in it.
    for variable in names_of("Environment"):
        monkeypatch.delenv(variable, raising=False)
    fresh: dict[str, Any] = {}
    exec((HOUSE / "settings.py").read_text("utf-8"), fresh)
    assert ast.literal_eval(written) == fresh[name]


def test_scrapy_settings() -> None:
    changed = {name for name in SCRAPYS if name.isupper() and not name.startswith("SHOPDATA_")}
    assert set(names_of("Scrapy settings that we change")) == changed


@each(rows_of("Scrapy settings that we change"))
def test_value_of_scrapy_setting(row: list[str]) -> None:
    name, ours, scrapys, _ = row
    for written, values in ((ours, SCRAPYS), (scrapys, vars(default_settings))):
        if is_literal(written):
            assert ast.literal_eval(written) == values[name]


def test_spider_arguments() -> None:
    assert names_of("Spider arguments") == list(ARGUMENTS)


def test_commands() -> None:
    written: dict[str, set[str]] = {}
    for command, option, _ in rows_of("Commands"):
        options = written.setdefault(command.removeprefix("scrapy "), set())
        assert option not in options
        options.update({option} if option else ())
    assert written == {name: options_of(command) for name, command in our_commands().items()}


def test_states() -> None:
    assert names_of("States of a cell") == [state.value for state in CellState]


def test_stats(trees: Trees) -> None:
    assert set(names_of("Stats")) == {name for tree in trees.values() for name in stats_in(tree)}


def test_request_meta(trees: Trees) -> None:
    # There are no requests to portals below the spiders' floor and in the service.
    above = [
        tree
        for path, tree in trees.items()
        if path.relative_to(HOUSE).parts[0] not in ("excel", "lake", "ledger", "store", "service")
    ]
    found = {text for tree in above for text in texts_in(tree) if re.fullmatch(r"shopdata_\w+", text)}
    assert set(names_of("Request meta")) == found


def test_signals() -> None:
    assert set(names_of("Signals")) == {name for name in vars(signals) if re.fullmatch(r"[a-z]\w*_\w+", name)}


def test_signal_arguments(trees: Trees) -> None:
    """Each signal is sent with the arguments that the table has; `**cell` brings a dictionary of the same function."""
    written = {row[0]: set(re.findall(r"\w+", row[1])) for row in rows_of("Signals")}
    sent: dict[str, set[str]] = {}
    for tree in trees.values():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            signal = call.args[0]
            if isinstance(signal, ast.Attribute) and ast.unparse(signal.value) == "signals" and signal.attr in written:
                sent.setdefault(signal.attr, set()).update(k.arg for k in call.keywords if k.arg)
                if any(keyword.arg is None for keyword in call.keywords):
                    sent[signal.attr].update({"dataset", "dt", "shop"})
    assert sent == written


@pytest.mark.parametrize("file", YAML_FILES)
def test_yaml_keys(file: str) -> None:
    written = {row[0]: row[1] for row in rows_of(file)}
    assert len(written) == len(rows_of(file))
    assert written == dict(yaml_keys(YAML_FILES[file]))


def test_keys_in_the_bucket() -> None:
    parts = {"platform": "jd", "dataset": "jd_store", "dt": "2026-03-01", "shop_id": "flagship", "ext": "xlsx"}
    parts |= {"sha256": "0" * 64, "volume": "north.2", "spider": "jd_store", "job": "20260301T003000Z-1a2b3c.2"}
    parts |= {"project": "shopdata", "version": "1764435000"}
    made = set()
    for name, make in vars(keys).items():
        if name.endswith("_key") and not name.startswith("_") and make is not keys.history_key:
            count = make.__code__.co_argcount
            made.add(make(*(parts[argument] for argument in make.__code__.co_varnames[:count])))
    # The workbook is made of the others, a contract of the configuration; a volume would be taken for today's, logs
    # are kept for a while only, and an egg has versions.
    replaced = (keys.workbook_key("jd", "jd_store", "2026-03-01"), "contracts/", keys.LOGS, keys.EGGS)
    made |= {keys.history_key(key, parts["sha256"]) for key in made if not key.startswith(replaced)}
    assert {string.Formatter().vformat(name, (), parts) for name in names_of("Keys in the bucket")} == made


def test_state_directory(trees: Trees) -> None:
    found = {FILE_NAME}
    for tree in trees.values():
        for node in ast.walk(tree):
            # `state_dir / "name"`, and `self._place("name", …)` in store/staging.py
            if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant):
                if ast.unparse(node.left).endswith("state_dir"):
                    found.add(str(node.right.value))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "self._place":
                found.update(str(first.value) for first in node.args[:1] if isinstance(first, ast.Constant))
    raw = keys.raw_key("jd", "jd_store", "2026-03-01", "flagship", "xlsx")
    assert set(names_of("State directory")) == found | {raw.partition("/")[0]}


# -- all documents ---------------------------------------------------------------------------------------------------


def anchors_of(path: Path) -> set[str]:
    """The fragments of a document's headings, as GitHub makes them."""
    text = re.sub(r"^ *```.*?^ *```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links_of(path: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8"))


def test_documents_are_there() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in DOCUMENTS}
    assert names >= {
        "README.md",
        "README.zh-CN.md",
        "docs/add-a-dataset.md",
        "docs/file-life.md",
        "docs/reference.md",
    }


@each(DOCUMENTS, lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links_of(path):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, fragment = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{link}: there is no such file"
        assert target.is_relative_to(ROOT), f"{link}: outside of the repository"
        assert not fragment or fragment in anchors_of(target), f"{link}: there is no such heading"


def test_the_two_readmes_link_each_other() -> None:
    assert "README.zh-CN.md" in links_of(ROOT / "README.md")
    assert "README.md" in links_of(ROOT / "README.zh-CN.md")


@each(DOCUMENTS, lambda path: path.name)
def test_no_path_of_a_machine(path: Path) -> None:
    found = re.search(
        r"(?<![\w.:/])(?:/(?:home|root|Users|work|tmp|opt|mnt|srv)/\S*|[A-Z]:\\\S*)", path.read_text("utf-8")
    )
    assert found is None, f"{found and found.group()} is a path of one machine"


@each(DOCUMENTS, lambda path: path.name)
def test_commands_in_documents_are_there(path: Path) -> None:
    """A line of a code block that begins with `scrapy` names a command that there is, with options that it has."""
    known = our_commands()
    blocks = re.findall(r"^ *```.*?\n(.*?)^ *```", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for line in "".join(blocks).splitlines():
        words = line.partition(" #")[0].removeprefix("$ ").split()
        if len(words) < 2 or words[0] != "scrapy":
            continue
        assert words[1] in known or words[1] == "list", f"{line}: there is no such command"
        options = {word.partition("=")[0] for word in words[2:] if word.startswith("-")}
        assert options <= options_of(known[words[1]]) | {"-s"} if words[1] in known else not options, line


@each(DOCUMENTS, lambda path: path.name)
def test_variables_in_documents_are_in_the_reference(path: Path) -> None:
    known = {*names_of("Environment"), *names_of("Settings")}
    assert set(re.findall(r"\bSHOPDATA_[A-Z0-9_]+[A-Z0-9]", path.read_text("utf-8"))) <= known
