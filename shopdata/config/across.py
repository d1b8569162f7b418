"""What no single file can know: shops, channels and recipes against datasets and portals."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence

from shopdata.config.datasets import Dataset
from shopdata.config.model import Model
from shopdata.config.shops import Shop
from shopdata.exceptions import UsageError

#: Where a key of the shop with this number is to be found.
PlaceOf = Callable[[int, str], str]


def kept_place(shops: Sequence[Shop]) -> PlaceOf:
    """Places of shops that stand in no file."""
    return lambda number, key: f"the kept shop {shops[number].id!r}, {key}"


def check_shops(
    shops: Sequence[Shop], place: PlaceOf, datasets: Mapping[str, Dataset], portals: Model | None
) -> Iterator[UsageError]:
    """Every shop whose platform has no section in portals.yaml, or that names a dataset which it can't have."""
    for number, shop in enumerate(shops):
        if portals is not None and getattr(portals, shop.platform) is None:
            yield UsageError(
                f"portals.yaml has no section for the platform {shop.platform!r} of shop {shop.id!r}",
                where=place(number, "platform"),
                todo=f"Add `{shop.platform}:` to portals.yaml.",
            )
        for name in shop.datasets or ():
            dataset = datasets.get(name)
            if dataset is None:
                where = place(number, "datasets")
                yield unknown_dataset(f"shop {shop.id!r} names the dataset {name!r}", name, where, datasets)
            elif dataset.platform != shop.platform:
                yield UsageError(
                    f"shop {shop.id!r} is on {shop.platform!r}, but {name!r} is a dataset of {dataset.platform!r}",
                    where=place(number, "datasets"),
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
