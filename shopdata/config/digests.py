"""What a configuration is like, as sums: machines that are to have the same can be compared without showing it."""

from __future__ import annotations

import hashlib
import hmac
import importlib.metadata
import json
import os
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable

from shopdata.config.folder import config_source, dataset_files, recipe_files
from shopdata.config.loading import file_models
from shopdata.config.yaml_source import read_yaml
from shopdata.derived_keys import derived_key

#: What else belongs to a file: what is filled in for `${NAME}`.
_VARIABLES = "variables of {}"
_DIGITS = 32


def config_digests(
    secret_key: str, folder: Traversable | None = None, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """A sum of each file that is read, by its name, and one of the values of its variables, if it names any.

    Comments, line ends and the order of keys make no difference. A file that can't be read has one of its bytes.

    Args:
        secret_key: without it nobody can try which password has such a sum.
        folder: defaults to `config_source()`.
        environ: fills `${NAME}`; defaults to the process's environment.
    """
    environ = os.environ if environ is None else environ
    key = derived_key(secret_key, "config")
    found: dict[str, str] = {}
    for name, content in _files(config_source(environ) if folder is None else folder):
        label = f"config/{name}"
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            found[name] = _sum(key, name, content.hex())
            continue
        written = read_yaml(label, text, {})
        found[name] = _sum(key, name, text if written.value is None else _plain(written.value))
        filled = _plain(read_yaml(label, text, environ).value)
        if filled != _plain(written.value):
            found[_VARIABLES.format(name)] = _sum(key, name, filled)
    return found


def installed_packages() -> dict[str, str]:
    """The versions of all that is installed, by name."""
    found = ((one.metadata["Name"], one.version) for one in importlib.metadata.distributions())
    return {str(name).lower(): version for name, version in found if name}


def _files(folder: Traversable) -> Iterator[tuple[str, bytes]]:
    known = [(name, folder / name) for name in file_models()]
    datasets = [(f"datasets/{file.name}", file) for file in dataset_files(folder)]
    recipes = [(f"recipes/{file.name}", file) for file in recipe_files(folder)]
    for name, file in (*known, *datasets, *recipes):
        try:
            yield name, file.read_bytes()
        except (FileNotFoundError, KeyError):
            continue
        except OSError:
            yield name, b""


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _sum(key: bytes, name: str, text: str) -> str:
    return hmac.new(key, f"{name}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_DIGITS]
