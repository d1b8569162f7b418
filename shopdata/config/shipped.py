"""Which files of a configuration folder go into the egg: those that are read, and nothing that lies beside them."""

from __future__ import annotations

import re
from pathlib import Path

from shopdata.config.datasets import Dataset
from shopdata.config.loading import dataset_files, file_models
from shopdata.config.yaml_source import read_yaml

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\.yaml")


def shipped_files(folder: Path) -> list[str]:
    """Names relative to `folder`, with `/`: the known files, and the contracts of datasets."""
    known = [name for name in file_models() if (folder / name).is_file()]
    return known + [f"datasets/{file.name}" for file in dataset_files(folder) if _is_contract(Path(str(file)))]


def _is_contract(file: Path) -> bool:
    """True if it speaks of what contracts speak of; whether it is right is for `load_config` to say."""
    if not _NAME.fullmatch(file.name):
        return False
    try:
        value = read_yaml(file.name, file.read_text("utf-8-sig"), {}).value
    except (OSError, UnicodeDecodeError):
        return False
    needed = {name for name, field in Dataset.model_fields.items() if field.is_required()}
    return isinstance(value, dict) and needed <= value.keys() <= Dataset.model_fields.keys()
