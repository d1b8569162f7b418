"""Reads one YAML file: values with `${NAME}` filled in, and for every key the line it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import yaml

from shopdata.config.env_values import blemish, variable_problem, without_blemish
from shopdata.config.wide_signs import as_meant
from shopdata.exceptions import UsageError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")

#: None where PyYAML was built without libyaml.
_FAST = getattr(yaml, "CSafeLoader", None)

Path = tuple[str | int, ...]


@dataclass
class YamlSource:
    """A file that was read: its value, where each key stands, and what was wrong on the way."""

    file: str
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    #: The values that stand in the file itself, no variable or one with a default.
    written_out: set[Path] = field(default_factory=set)
    #: The variables that it names and nobody has set.
    unset: list[str] = field(default_factory=list)
    problems: list[UsageError] = field(default_factory=list)
    #: Those of the problems that are a variable's that nobody has set; its place in the value is as the file has it.
    unset_problems: list[UsageError] = field(default_factory=list)

    def place(self, path: Path) -> str:
        """`file:line key.path`, with the line of the nearest key that exists."""
        nearest = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in self.lines), ())
        line = self.lines.get(nearest, 1)
        return f"{self.file}:{line} {dotted(path)}".rstrip()

    def tell(self, what: str, where: str, *, expected: str = "", todo: str) -> None:
        """Adds a mistake: parts of a sentence."""
        self.problems.append(UsageError(what, where=where, expected=expected, todo=todo))


def dotted(path: Path) -> str:
    """`('shops', 0, 'id')` as `shops[0].id`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read_yaml(file: str, text: str, environ: Mapping[str, str]) -> YamlSource:
    """Reads `text`; mistakes are collected in `problems`, nothing is raised."""
    source = YamlSource(file)
    text, wide = as_meant(text, is_contract=_holds_portals_words(file))
    for line, sign, meant in wide:
        name = "blank" if meant == " " else sign
        todo = "Type it with the keyboard in English mode."
        source.tell(f"a full-width {name} stands here", f"{file}:{line}", expected=repr(meant), todo=todo)
    try:
        root = _compose(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        source.tell(
            f"this is not YAML: {_without_quotes(error.problem or error.context or 'something is missing')}",
            f"{file}:{line}",
            todo="Check indentation and colons around this line; a value that begins with { * & ! % @ needs quotes.",
        )
        return source
    except yaml.reader.ReaderError as error:
        source.tell(f"this is not text: {error.reason}", file, todo="Save the file as UTF-8.")
        return source
    if root is not None:
        try:
            source.value = _build(root, (), source, environ)
        except RecursionError:
            source.tell("a value holds itself", file, todo="Write it out instead of using & and *.")
    return source


def _compose(text: str) -> yaml.Node | None:
    """By libyaml, which is several times as fast; what is wrong, PyYAML's own loader says better."""
    if _FAST is not None:
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=_FAST)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _without_quotes(problem: str) -> str:
    # What stands in quotes is from the file, and may be a password.
    return re.sub(r"(['\"]).*?\1", "…", problem)


def _build(node: yaml.Node, path: Path, source: YamlSource, environ: Mapping[str, str]) -> Any:
    source.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return dict(_build_pairs(node, path, source, environ))
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*path, number), source, environ) for number, child in enumerate(node.value)]
    try:
        value = yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError, TypeError, KeyError):
        if node.tag == "tag:yaml.org,2002:timestamp":
            # A day that there is not, or a text that looks like one: the model knows.
            return node.value
        source.tell("YAML takes this value for something that it is not", source.place(path), todo="Put it in quotes.")
        return None
    if isinstance(value, str):
        return _fill(value, path, source, environ)
    if value is not None:
        source.written_out.add(path)
    return value


def _build_pairs(
    node: yaml.MappingNode, path: Path, source: YamlSource, environ: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in seen:
            where = f"{source.file}:{line} {dotted((*path, key))}"
            source.tell(f"the key {key!r} stands here a second time", where, todo="Keep one of the two.")
            continue
        seen.add(key)
        source.lines[(*path, key)] = line
        yield key, _build(value_node, (*path, key), source, environ)


def _holds_portals_words(file: str) -> bool:
    """True for contracts and recipes: names and texts in them are as a portal writes them."""
    return "/datasets/" in file or "/recipes/" in file


def _todo(name: str, path: Path) -> str:
    # A default would be the secret itself, in a file.
    is_secret = any(word in str(path[-1]) for word in ("password", "key", "secret", "token")) if path else False
    return f"Set {name}." if is_secret else f"Set {name}, or write ${{{name}:-default}} if it may be missing."


def _fill(text: str, path: Path, source: YamlSource, environ: Mapping[str, str]) -> str:
    def value_of(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        value = environ.get(name)
        if value is None or (value == "" and default is not None):
            value = default
        if value is None:
            source.unset.append(name)
            source.tell(f"the environment variable {name} is not set", source.place(path), todo=_todo(name, path))
            source.unset_problems.append(source.problems[-1])
            return match.group(0)
        if name in environ and (problem := variable_problem(name, environ[name], source.place(path))):
            source.problems.append(problem)
            return without_blemish(value)
        return value

    if any(match[2] for match in _VARIABLE.finditer(text)) or (text and not _VARIABLE.search(text)):
        source.written_out.add(path)
    count = len(source.problems)
    filled = _VARIABLE.sub(value_of, text)
    # Names of columns are as a portal writes them, whatever that is.
    is_checked = len(source.problems) == count and not _holds_portals_words(source.file) and filled.strip()
    if is_checked and (odd := blemish(filled)):
        source.tell(f"the value {odd}", source.place(path), todo="Write it anew without that.")
        return without_blemish(filled)
    return filled
