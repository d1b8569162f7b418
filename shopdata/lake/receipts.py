"""A receipt: what was published of a partition, from what, and what is missing (docs/reference.md#receipt).

Anybody who may write into the bucket may write one. Its ids, keys and sums become paths, keys and rows of the ledger,
so each of them must be one that we could have made ourselves: the same model checks what we write and what we read.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from shopdata.exceptions import ReceiptError
from shopdata.ledger import MissingShop
from shopdata.reasons import Param, Reason
from shopdata.states import CellState
from shopdata.store.keys import (
    is_dt,
    is_id,
    is_volume,
    parquet_key,
    receipt_key,
    shop_and_ext_of,
    volume_key,
    workbook_key,
)

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore

#: A receipt of 500 shops, each with a page of warnings, has a tenth of it.
MAX_BYTES = 16 << 20
#: What a database keeps as a count.
_MAX_COUNT = 2**63 - 1


def _checked(is_right: Any, expected: str) -> AfterValidator:
    def check(value: Any) -> Any:
        if not is_right(value):
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


def _is_of_our_time(moment: datetime) -> bool:
    # Beyond this, another time zone or another database may have no such day.
    return 2000 <= moment.year < 2200


Id = Annotated[str, _checked(is_id, "an id")]
Text = Annotated[str, Field(max_length=100_000), _checked(lambda text: "\0" not in text, "a text")]
Count = Annotated[int, Field(ge=0, le=_MAX_COUNT)]
Sha256 = Annotated[str, _checked(re.compile(r"[0-9a-f]{64}").fullmatch, "64 hexadecimal digits")]
Moment = Annotated[
    AwareDatetime,
    _checked(_is_of_our_time, "a time of this century"),
    PlainSerializer(lambda moment: moment.isoformat(timespec="seconds"), when_used="json"),
]


class _Strict(BaseModel):
    """Types as in the JSON, no conversions; what a newer version adds is passed over; no value in a message."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)


class PublishedShop(_Strict):
    """A shop whose rows are in the partition."""

    id: Id
    name: Text
    rows: Count
    raw_key: str
    sha256: Sha256
    bytes: Count
    fetched_at: Moment


class _WithReason(_Strict):
    """Something that may have a reason; its sentence is elsewhere. Earlier versions wrote no code."""

    code: Text = ""
    params: dict[Text, Param] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _as_it_was_without_one(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        told: dict[str, Any] = write(self)
        reason = {name: told.pop(name) for name in ("code", "params")}
        return told | reason if self.code else told


class LeftOutShop(_WithReason):
    """A shop that is missing from it, and why: `reason` is the sentence."""

    id: Id
    state: CellState
    reason: Text

    @classmethod
    def of(cls, shop: MissingShop) -> LeftOutShop:
        """As the ledger knows it."""
        reason = shop.reason
        return cls(id=shop.id, state=shop.state, reason=reason.text, code=reason.code, params=dict(reason.params))

    @property
    def missing(self) -> MissingShop:
        """As the ledger knows it."""
        return MissingShop(id=self.id, state=self.state, reason=Reason.from_json(vars(self)))


class PublishedFile(_Strict):
    """The Parquet object, or the workbook."""

    key: str
    sha256: Sha256
    bytes: Count
    rows: Count


class PublishedVolume(PublishedFile):
    """One of the workbooks that hold the rows of a large partition, with its shops' ids and the names of its sheets."""

    name: Annotated[str, _checked(is_volume, "the name of a volume")]
    shops: tuple[Id, ...]
    sheets: tuple[Text, ...] = ()


class PublishedWorkbook(PublishedFile):
    """The workbook, with the names of its sheets.

    `rows` are those that stand in it: none where there are more than it may have. Then it says where they are.
    """

    sheets: tuple[Text, ...] = ()
    #: The workbooks that hold the rows in its place.
    volumes: tuple[PublishedVolume, ...] = ()

    @model_serializer(mode="wrap")
    def _as_it_was_without_volumes(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        told: dict[str, Any] = write(self)
        if not self.volumes:
            del told["volumes"]
        return told


class Restated(_Strict):
    """What was revised in a column of a shop, when a file replaced another."""

    shop: Id
    column: Text
    cells: Count
    rows_added: Count
    rows_removed: Count
    run_id: Text
    was: Sha256


class Note(_Strict):
    """A warning, or a way in which a file's columns differ from the contract."""

    #: Empty where it is about the partition.
    shop: Annotated[str, _checked(lambda text: not text or is_id(text), "an id, or nothing")]
    kind: Text
    column: Text = ""
    count: Count = 0
    text: Text = ""
    #: True where a check has found it, and the portal said the same again, or a person let it through.
    confirmed: bool = False

    @model_serializer(mode="wrap")
    def _as_short_as_it_can_be(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        told: dict[str, Any] = write(self)
        if not self.confirmed:
            del told["confirmed"]
        return told


class Refresh(_WithReason):
    """What Dremio said; of a refusal, `detail` is the sentence."""

    state: Text
    detail: Text

    @property
    def reason(self) -> Reason:
        """`detail` with its code."""
        return Reason(self.code, self.params, self.detail)


class Draft(_Strict):
    """A receipt before its partition is in the store: all that follows from the merge."""

    dataset: Id
    platform: Id
    dt: Annotated[str, _checked(is_dt, "a period")]
    run_id: Annotated[Text, Field(max_length=100)]
    rows: Count
    columns: tuple[Text, ...]
    shops: tuple[PublishedShop, ...]
    missing: tuple[LeftOutShop, ...]
    parquet: PublishedFile
    workbook: PublishedWorkbook
    restated: tuple[Restated, ...] = ()
    warnings: tuple[Note, ...] = ()
    drift: tuple[Note, ...] = ()
    #: How many shops' files were judged by their past, are still being learned, and are doubtful.
    checks: dict[Text, Count] = Field(default_factory=dict)
    #: Which account each shop's file came from, as `shopdata.accounts` has it: not in older receipts.
    accounts: dict[Id, dict[Text, Text]] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """Where the receipt lies in the store."""
        return receipt_key(self.platform, self.dataset, self.dt)

    @property
    def sums(self) -> tuple[str, str]:
        """The SHA-256 of Parquet object and workbook, which names those of its volumes: equal for equal partitions."""
        return self.parquet.sha256, self.workbook.sha256

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        ids = [shop.id for shop in self.shops]
        if len(set(ids)) < len(ids):
            raise ValueError("`shops` has an id twice")
        about = (self.platform, self.dataset, self.dt)
        for shop in self.shops:
            owner = shop_and_ext_of(shop.raw_key, *about)
            if owner is None or owner[0] != shop.id:
                raise ValueError(f"`raw_key` of {shop.id} is not the key of its raw file")
        for name, key in (("parquet", parquet_key(*about)), ("workbook", workbook_key(*about))):
            if getattr(self, name).key != key:
                raise ValueError(f"`{name}.key` is not the key of this partition")
        volumes = self.workbook.volumes
        if any(volume.key != volume_key(*about, volume.name) for volume in volumes):
            raise ValueError("`workbook.volumes` has a key that is not of this partition")
        held = [shop for volume in volumes for shop in volume.shops]
        if volumes and sorted(held) != sorted(ids):
            raise ValueError("`workbook.volumes` do not hold each shop once")
        return self


class Receipt(Draft):
    """What lies in the store, written last. Whoever changes one makes another: `model_copy(update=...)`."""

    published_at: Moment
    refresh: Refresh

    def to_json(self) -> bytes:
        """As UTF-8 for people and programs."""
        # Earlier versions, and whoever has no checks, say nothing about them.
        told = self.model_dump(mode="json", exclude=None if self.checks else {"checks"})
        return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()


def read_receipt(platform: str, dataset: str, dt: str, store: ObjectStore) -> Receipt | None:
    """The receipt in the store; None if there is none.

    Raises:
        StoreError: it could not be had.
        ReceiptError: what lies there is no receipt of this partition.
    """
    key = receipt_key(platform, dataset, dt)
    there = store.stat_anywhere(key)
    if there is None:
        return None
    if there.bytes > MAX_BYTES:
        raise _unbelievable(store.where(key), dataset, f"{there.bytes:,} bytes, expected at most {MAX_BYTES:,}")
    return decode_receipt(store.get_bytes(key), platform, dataset, dt, where=store.where(key))


def decode_receipt(data: bytes, platform: str, dataset: str, dt: str, *, where: str) -> Receipt:
    """A receipt as it was put under the key of this partition. Raises ReceiptError."""
    try:
        receipt = Receipt.model_validate_json(data)
    except ValidationError as error:
        raise _unbelievable(where, dataset, _first(error)) from None
    told = (receipt.platform, receipt.dataset, receipt.dt)
    if told != (platform, dataset, dt):
        raise _unbelievable(where, dataset, f"a receipt of {' '.join(told)}")
    return receipt


def _first(error: ValidationError) -> str:
    """The first of what is wrong: where it stands, and what should be there."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or is_id(str(part)))
    message = first["msg"].removeprefix("Value error, ")[:200]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{f'`{place}`: ' if place else ''}{message}{more}"


def _unbelievable(where: str, dataset: str, found: str) -> ReceiptError:
    return ReceiptError(
        "not a receipt of this partition",
        where=where,
        found=found,
        expected="a receipt as it was written, under its own key",
        todo=f"Nothing is replaced as long as that is so. See with `scrapy verify {dataset}` what is still whole, and "
        f"who else writes into this bucket; `scrapy replay {dataset}` rebuilds the period from raw/, and keeps in "
        "history/ what was there.",
    )
