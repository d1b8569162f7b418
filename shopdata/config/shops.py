"""The accounts: those of shops.yaml, and those that are kept in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field, SecretStr, field_validator

from shopdata.config.model import Model, ShownText, Text
from shopdata.config.platforms import PlatformName
from shopdata.exceptions import UsageError
from shopdata.periods import Period


class Shop(Model):
    """One account on a platform."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    name: ShownText
    platform: PlatformName
    username: Annotated[Text, Field(repr=False)]
    password: SecretStr
    #: What the portal itself calls the shop: a name in its pages' header, a number. None: whatever shop the first
    #: sign-in opens.
    portal_name: ShownText | None = None
    #: The entry to click where one login opens several shops, as the page there shows it. None: `portal_name`.
    portal_shop: Annotated[ShownText | None, Field(validation_alias=AliasChoices("portal_shop", "account_shop"))] = None
    datasets: tuple[str, ...] | None = None
    enabled: bool = True
    #: Who looks after it.
    owner: ShownText | None = None
    #: With which other shops it stands in a workbook, where a dataset has too many rows for one.
    group: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")] | None = None
    #: The first business day that the platform has of this shop; None is from ever.
    since: date | None = None

    @property
    def file_stem(self) -> str:
        """What files about it are called: ids of two platforms may be alike."""
        return f"{self.platform}_{self.id}"

    @property
    def account(self) -> tuple[str, str]:
        """What it has in common with the other shops that its login opens."""
        return self.platform, self.username.strip().casefold()

    def has(self, period: Period) -> bool:
        """True if the shop was there in the period, or at its end."""
        return self.since is None or self.since <= period.end

    @field_validator("password")
    @classmethod
    def _not_blank(cls, password: SecretStr) -> SecretStr:
        if not password.get_secret_value().strip():
            raise ValueError("the password is blank: fill the variable it comes from")
        return password


class Shops(Model):
    """shops.yaml."""

    unique: ClassVar[Mapping[str, tuple[str, ...]]] = {"shops": ("id", "name")}

    shops: Annotated[tuple[Shop, ...], Field(min_length=1)]


class ShopsBesides(Shops):
    """The same file, where there may be shops that stand elsewhere."""

    shops: tuple[Shop, ...] = ()

    @field_validator("shops", mode="before")
    @classmethod
    def _none(cls, shops: object) -> object:
        # Of a list whose entries were all taken out, the key stays.
        return () if shops is None else shops


@dataclass(frozen=True)
class KeptShops:
    """Shops that do not stand in shops.yaml, in their order, and what was wrong with reading them."""

    shops: tuple[Shop, ...] = ()
    problems: tuple[UsageError, ...] = ()

    def beside(self, own: Sequence[Shop]) -> tuple[tuple[Shop, ...], tuple[str, ...]]:
        """Those that shops.yaml does not name, and the ids of those that it does, by their id or their name."""
        ids, names = {shop.id for shop in own}, {shop.name for shop in own}
        beside = tuple(shop for shop in self.shops if shop.id not in ids and shop.name not in names)
        return beside, tuple(shop.id for shop in self.shops if shop not in beside)
