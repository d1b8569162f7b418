"""Which files of a configuration folder go into the egg: those that are read, and nothing that lies beside them."""

from __future__ import annotations

import re
from pathlib import Path

from shopdata.config.datasets import Dataset
from shopdata.config.folder import dataset_files, recipe_files
from shopdata.config.loading import file_models
from shopdata.config.model import Model
from shopdata.config.recipes.recipe import Recipe
from shopdata.config.yaml_source import read_yaml

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\.yaml")


def shipped_files(folder: Path) -> list[str]:
    """Names relative to `folder`, with `/`: the known files, contracts of datasets, and recipes."""
    known = [name for name in file_models() if (folder / name).is_file()]
    kinds = (("datasets", dataset_files, Dataset), ("recipes", recipe_files, Recipe))
    return known + [
        f"{inner}/{file.name}"
        for inner, files, model in kinds
        for file in files(folder)
        if _speaks_as(model, Path(str(file)))
    ]


def _speaks_as(model: type[Model], file: Path) -> bool:
    """True if it speaks of what such files speak of; whether it is right is for `load_config` to say."""
    if not _NAME.fullmatch(file.name):
        return False
    try:
        value = read_yaml(file.name, file.read_text("utf-8-sig"), {}).value
    except (OSError, UnicodeDecodeError):
        return False
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    return isinstance(value, dict) and needed <= value.keys() <= model.model_fields.keys()
