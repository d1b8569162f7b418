"""How platforms and datasets are called on the board. A new one is called as its YAML calls it."""

from __future__ import annotations

from shopdata.config import Dataset
from shopdata.wording import Texts


def platform_name(t: Texts, platform: str) -> str:
    """京东, JD."""
    key = f"platform.{platform}"
    return t(key) if t.has(key) else platform


def dataset_name(t: Texts, dataset: str, contract: Dataset | None, *, is_whole: bool = False) -> str:
    """The short name of a dataset, as the head of a column has it; whole, with its platform, in a sentence."""
    key = f"dataset.{dataset}"
    if not t.has(key) or contract is None:
        return contract.title if contract is not None else dataset
    return t("name.whole", platform=platform_name(t, contract.platform), dataset=t(key)) if is_whole else t(key)
