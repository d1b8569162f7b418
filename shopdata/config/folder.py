"""Where `pipelines_config/` is, and which of its files are read."""

from __future__ import annotations

import importlib.resources
import os
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path


def config_source(environ: Mapping[str, str] | None = None) -> Traversable:
    """The folder to read: `SHOPDATA_CONFIG_DIR`, else `pipelines_config` beside scrapy.cfg, else the packaged copy."""
    environ = os.environ if environ is None else environ
    chosen = environ.get("SHOPDATA_CONFIG_DIR")
    if chosen:
        return in_project(chosen)
    beside = project_folder() / "pipelines_config"
    return beside if beside.is_dir() else importlib.resources.files("pipelines_config")


def project_folder() -> Path:
    """Where scrapy.cfg stands, looked for from here upwards as Scrapy does; the current folder if there is none."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "scrapy.cfg").is_file()), here)


def in_project(path: str | Path) -> Path:
    """A path of the environment or of a setting, which is meant from scrapy.cfg's folder, wherever we stand."""
    return project_folder() / path


def dataset_files(folder: Traversable) -> Iterator[Traversable]:
    """The files that are read as contracts of datasets, by their names."""
    datasets = folder / "datasets"
    if datasets.is_dir():
        yield from sorted((f for f in datasets.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)


def recipe_files(folder: Traversable) -> Iterator[Traversable]:
    """The files that are read as recipes, by their names."""
    recipes = folder / "recipes"
    if recipes.is_dir():
        yield from sorted((f for f in recipes.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
