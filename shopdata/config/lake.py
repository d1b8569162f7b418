"""lake.yaml: the object store and Dremio."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator

from shopdata.config.model import Model, PositiveSeconds, Text


class ObjectStore(Model):
    """MinIO or any other S3 service."""

    endpoint: Annotated[str, Field(pattern=r"^[^/\s:]+(:\d{1,5})?$")]
    secure: bool = True
    access_key: Text
    secret_key: SecretStr
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    region: str | None = None
    connect_timeout_seconds: PositiveSeconds = 5
    read_timeout_seconds: PositiveSeconds = 60
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3


class Dremio(Model):
    """Where Dremio listens; an empty `url` means that nothing is refreshed."""

    url: str = ""
    username: str = ""
    password: SecretStr = SecretStr("")
    source: str = "minio"
    timeout_seconds: PositiveSeconds = 600

    @field_validator("url")
    @classmethod
    def _checked(cls, url: str) -> str:
        # Plain http is the operator's choice here, as `secure: false` is for the store: both often stand in one rack.
        if url and not re.fullmatch(r"https?://[^\s/]+/?", url):
            raise ValueError("write a whole address, for example https://dremio.example.com:9047")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> Dremio:
        if self.url and not (self.username and self.password.get_secret_value()):
            raise ValueError("url is set: username and password are needed too")
        return self


class Lake(Model):
    """lake.yaml."""

    object_store: ObjectStore
    dremio: Dremio = Dremio()
