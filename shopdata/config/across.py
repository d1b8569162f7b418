"""What no single file can know: shops, channels and recipes against datasets and portals."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from shopdata.config.datasets import Dataset
from shopdata.config.model import Model
from shopdata.config.shops import Shop
from shopdata.config.yaml_source import YamlSource
from shopdata.exceptions import UsageError


def check_shops(
    shops: tuple[Shop, ...], source: YamlSource, datasets: Mapping[str, Dataset], portals: Model | None
) -> Iterator[UsageError]:
    """Shops against datasets and portals."""
    for number, shop in enumerate(shops):
        if portals is not None and getattr(portals, shop.platform) is None:
            yield UsageError(
                f"portals.yaml has no section for the platform {shop.platform!r} of shop {shop.id!r}",
                where=source.place(("shops", number, "platform")),
                todo=f"Add `{shop.platform}:` to portals.yaml.",
            )
        for name in shop.datasets or ():
            dataset = datasets.get(name)
            if dataset is None:
                where = source.place(("shops", number, "datasets"))
                yield unknown_dataset(f"shop {shop.id!r} names the dataset {name!r}", name, where, datasets)
            elif dataset.platform != shop.platform:
                yield UsageError(
                    f"shop {shop.id!r} is on {shop.platform!r}, but {name!r} is a dataset of {dataset.platform!r}",
                    where=source.place(("shops", number, "datasets")),
                    todo=f"Take {name!r} out of this shop's datasets.",
                )


def unknown_dataset(what: str, name: str, where: str, datasets: Mapping[str, Dataset]) -> UsageError:
    """The mistake of a name that no contract has, with what may be meant."""
    # A spider of several has the word that they have in common.
    close = sorted(known for known in datasets if known.startswith(f"{name}_"))
    close = close or difflib.get_close_matches(name, datasets, n=1)
    return UsageError(
        f"{what}, which has no YAML",
        where=where,
        todo=f"Did you mean `{'` or `'.join(close)}`?" if close else f"Known: {', '.join(sorted(datasets))}.",
    )
