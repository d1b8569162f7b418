"""What `check_config` looks at besides mistakes: secrets in a file, user names that stand there twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import SecretStr

from shopdata.config.config import Config
from shopdata.config.loading import file_models, read_files
from shopdata.config.mistakes import field_at
from shopdata.config.shops import Shop
from shopdata.config.yaml_source import YamlSource
from shopdata.exceptions import UsageError


@dataclass
class SecondLook:
    """Sentences: `problems` are to be fixed, `hints` only looked at."""

    problems: list[UsageError] = field(default_factory=list)
    hints: list[UsageError] = field(default_factory=list)
    #: The variables that a file names and nobody has set.
    unset: list[str] = field(default_factory=list)


def look_again(config: Config | None) -> SecondLook:
    """Reads the files once more; `config` is what they hold, None if they have mistakes."""
    sources, found = read_files(), SecondLook()
    found.unset += dict.fromkeys(variable for source in sources.values() for variable in source.unset)
    for name, source in sources.items():
        for path in sorted(source.written_out, key=lambda path: source.lines.get(path, 0)):
            if is_secret(name, path):
                # Store and channels are the machine's own business; a shop's password opens its whole back office.
                kind = found.problems if path[-1] == "password" else found.hints
                kind.append(_written_out(source, path))
    if config is not None:
        source = sources.get("shops.yaml", YamlSource("shops.yaml"))
        found.hints += [*_shared_accounts(config, source), *_entered_twice(config), *_ungrouped(config)]
    return found


def is_secret(name: str, path: tuple[str | int, ...]) -> bool:
    """True for a value of this file that its model keeps secret."""
    return _holds(field_at(file_models()[name], path), SecretStr)


def _holds(annotation: Any, kind: type) -> bool:
    return annotation is kind or any(_holds(argument, kind) for argument in get_args(annotation))


def _written_out(source: YamlSource, path: tuple[str | int, ...]) -> UsageError:
    return UsageError(
        f"the {path[-1]} itself stands in the file: it comes into back-ups, into git and into the egg of the service",
        where=source.place(path),
        expected="${NAME}",
        todo="Write NAME=… into .env, and ${NAME} here. If others could read the file, choose a new one, too.",
    )


def _entered_twice(config: Config) -> Iterator[UsageError]:
    for shop_id in config.overruled:
        yield UsageError(
            "shops.yaml has this shop too, and that counts",
            where=f"the kept shop {shop_id!r}",
            todo=f"Take it out of shops.yaml, or out of the ledger with `scrapy shops remove {shop_id}`.",
        )


def _ungrouped(config: Config) -> Iterator[UsageError]:
    """Datasets whose large workbook is to be cut by group, where no shop has one."""
    for name, dataset in config.datasets.items():
        rule = dataset.workbook
        shops = [shop for shop in config.shops if shop.enabled and shop.platform == dataset.platform]
        if rule is not None and rule.split_by == "group" and shops and not any(shop.group for shop in shops):
            yield UsageError(
                "no shop has a group: above the limit the workbooks are cut by number alone",
                where=f"datasets/{name}.yaml, workbook.split_by",
                todo="Give the shops a `group`, those that are read together the same; or leave it so.",
            )


def _place(config: Config, source: YamlSource, number: int, shop: Shop) -> str:
    if shop.id in config.kept:
        return f"the kept shop {shop.id!r}"
    return source.place(("shops", number, "username"))


def _shared_accounts(config: Config, source: YamlSource) -> Iterator[UsageError]:
    """Where one login would have to open several shops, and does not know which is meant."""
    accounts: dict[tuple[str, str], list[tuple[int, Shop]]] = {}
    for number, shop in enumerate(config.shops):
        if shop.enabled:
            accounts.setdefault(shop.account, []).append((number, shop))
    for shops in accounts.values():
        entries = [shop.portal_shop or shop.portal_name for _, shop in shops]
        if len(shops) > 1 and (None in entries or len(set(entries)) < len(shops)):
            yield UsageError(
                "one user name for several shops",
                where=_place(config, source, *shops[-1]),
                found=", ".join(shop.id for _, shop in shops),
                todo="If this login lets one choose among them, give each its own `portal_shop`; else one of the user "
                "names is wrong.",
            )
