"""How platforms and datasets are called, on the board and in messages: by their YAML, unless a platform has a title."""

from __future__ import annotations

from shopdata.config import Dataset, find_platform
from shopdata.wording import Texts


def platform_name(t: Texts, platform: str) -> str:
    """As people call it in this language."""
    known = find_platform(platform)
    return known.title(t.code) if known is not None else platform


def dataset_name(t: Texts, dataset: str, contract: Dataset | None, *, is_whole: bool = False) -> str:
    """The short name of a dataset, as the head of a column has it; whole, with its platform, in a sentence."""
    known = find_platform(contract.platform) if contract is not None else None
    title = known.dataset_title(dataset, t.code) if known is not None else None
    if contract is None:
        return dataset
    platform = platform_name(t, contract.platform)
    if title is None:
        return contract.title if is_whole else contract.title.removeprefix(platform)
    return t("name.whole", platform=platform, dataset=title) if is_whole else title
