"""lake.yaml: the object store and Dremio."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator, model_validator

from shopdata.config.model import Model, PositiveSeconds, Text
from shopdata.network.authorities import mistake_in

#: A host as the store's clients take it: a name, an IPv4 address, or an IPv6 address in brackets.
_ENDPOINT = re.compile(r"(?P<host>[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?")
_DREMIO_EXAMPLE = "ods/{platform}/{dataset}"


def _endpoint(value: str) -> str:
    if "://" in value:
        raise ValueError(
            "write host:port without http:// or https://; `secure: true` stands for https, `secure: false` for http"
        )
    if "/" in value:
        raise ValueError("write host:port without a path; the bucket stands under `bucket`")
    if "@" in value:
        raise ValueError("write host:port alone; the keys stand under `access_key` and `secret_key`")
    if value.count(":") > 1 and "[" not in value:
        raise ValueError("write an IPv6 address in brackets, for example [fd00::1]:9000")
    found = _ENDPOINT.fullmatch(value)
    if found is None or not 0 < int(found["port"] or 443) < 65536:
        raise ValueError("write host:port, for example minio.example.com:9000 or [fd00::1]:9000")
    return value


def _ca_file(path: Path | None) -> Path | None:
    mistake = mistake_in(path) if path else ""
    if mistake:
        raise ValueError(f"found {mistake}: name a file of certificates in PEM form")
    return path


def _none_if_empty(value: object) -> object:
    return value or None


CaFile = Annotated[Path | None, BeforeValidator(_none_if_empty), AfterValidator(_ca_file)]


class ObjectStoreSettings(Model):
    """MinIO or any other S3 service."""

    endpoint: Annotated[str, AfterValidator(_endpoint)]
    secure: bool = True
    access_key: Text
    secret_key: SecretStr
    #: Of temporary credentials.
    session_token: SecretStr = SecretStr("")
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    #: Without it the store is asked, for which the access key needs the right s3:GetBucketLocation.
    region: Annotated[
        Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$")] | None, BeforeValidator(_none_if_empty)
    ] = None
    #: Where the bucket's name goes: into the path, before the host, or as the client thinks fit for this host.
    addressing: Literal["auto", "path", "virtual"] = "auto"
    #: An authority that is believed for this store, beside those of the system and of SSL_CERT_FILE.
    ca_file: CaFile = None
    connect_timeout_seconds: PositiveSeconds = 5
    read_timeout_seconds: PositiveSeconds = 60
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.secure else 'http'}://{self.endpoint}"


class Dremio(Model):
    """Where Dremio listens; an empty `url` means that nothing is refreshed."""

    url: str = ""
    username: str = ""
    password: SecretStr = SecretStr("")
    #: A personal access token, in place of user name and password.
    token: SecretStr = SecretStr("")
    source: str = "minio"
    #: The folders below the source that lead to a dataset.
    path: str = "{bucket}/ods/{platform}/{dataset}"
    timeout_seconds: PositiveSeconds = 600

    @field_validator("url")
    @classmethod
    def _checked(cls, url: str) -> str:
        # Plain http is the operator's choice here, as `secure: false` is for the store: both often stand in one rack.
        if url and not re.fullmatch(r"https?://[^\s/]+/?", url):
            raise ValueError("write a whole address, for example https://dremio.example.com:9047")
        return url.rstrip("/")

    @field_validator("path")
    @classmethod
    def _leads_to_a_dataset(cls, path: str) -> str:
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(path) if name is not None]
        except ValueError:
            names = [""]
        if not set(names) <= {"bucket", "platform", "dataset"} or not path.rstrip("/").endswith("{dataset}"):
            raise ValueError(
                "write the folders below the source up to {dataset}; {bucket} and {platform} may stand before it, for "
                f'example "{_DREMIO_EXAMPLE}" for a source that shows the bucket itself'
            )
        return path

    @model_validator(mode="after")
    def _whole(self) -> Dremio:
        has_token, has_password = bool(self.token.get_secret_value()), bool(self.password.get_secret_value())
        if self.url and has_token and (self.username or has_password):
            raise ValueError("token stands beside username or password: keep one of the two ways to sign in")
        if self.url and not has_token and not (self.username and has_password):
            raise ValueError("url is set: username and password are needed too, or a token")
        return self

    def table(self, bucket: str, platform: str, dataset: str) -> tuple[str, ...]:
        """The table of a dataset, from the source down."""
        path = self.path.format(bucket=bucket, platform=platform, dataset=dataset)
        return (self.source, *filter(None, path.split("/")))


class Lake(Model):
    """lake.yaml."""

    object_store: ObjectStoreSettings
    dremio: Dremio = Dremio()
