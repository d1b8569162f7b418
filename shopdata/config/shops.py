"""shops.yaml: the accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, SecretStr, field_validator

from shopdata.config.model import Model, ShownText, Text
from shopdata.config.platforms import PlatformName
from shopdata.periods import Period


class Shop(Model):
    """One account on a platform."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    name: ShownText
    platform: PlatformName
    username: Text
    password: SecretStr
    #: What the portal itself calls the shop: a name in its pages' header, a number. None: whatever shop the first
    #: sign-in opens.
    portal_name: ShownText | None = None
    #: The entry to click where one login opens several shops, as the page there shows it. None: `portal_name`.
    portal_shop: ShownText | None = None
    datasets: tuple[str, ...] | None = None
    enabled: bool = True
    #: The first business day that the platform has of this shop; None is from ever.
    since: date | None = None

    @property
    def file_stem(self) -> str:
        """What files about it are called: ids of two platforms may be alike."""
        return f"{self.platform}_{self.id}"

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
