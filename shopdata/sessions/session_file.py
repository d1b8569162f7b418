"""What may stand in a session's file. It is ours, but a disk or a person may have had a hand in it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a moment without its zone")
    return text


_Moment = Annotated[str, AfterValidator(_moment)]
#: No line end may get from a file into a header.
_Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*\z")]


class _Cookie(BaseModel):
    """In the form of Playwright's storage state."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    name: _Line
    value: _Line
    domain: Annotated[_Line, Field(min_length=1)]
    path: _Line = "/"
    # Up to the year 9999: what a browser takes.
    expires: Annotated[float | None, Field(ge=-1, le=253_402_300_799, allow_inf_nan=False)] = -1
    secure: bool | None = False


class _SessionFile(BaseModel):
    """All of it may be missing; what else stands there is somebody else's."""

    model_config = ConfigDict(extra="allow", strict=True, hide_input_in_errors=True)

    username: str = ""
    cookies: list[_Cookie] = []
    saved_at: _Moment = ""
    user_agent: _Line = ""
    identity: dict[str, str] = {}
    parked: str = ""
    parked_code: str = ""
    parked_params: dict[str, Any] = {}
    # 16 bytes of salt, 64 of scrypt.
    fingerprint: Annotated[str, Field(pattern=r"^(?:[0-9a-f]{160})?\z")] = ""
    checked_at: _Moment = ""
    checked_state: Literal["", "alive", "dead", "none", "unknown"] = ""


_SESSION = frozenset({"username", "cookies", "saved_at", "user_agent", "identity"})


def without_odd(data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The keys of a file whose values are as they should be, and the names of the others.

    A session is whole or not there; that the shop waits for a person stays all the same.
    """
    try:
        _SessionFile.model_validate(data)
    except ValidationError as error:
        odd = sorted({str(detail["loc"][0]) for detail in error.errors(include_input=False, include_url=False)})
        gone = {*odd, "cookies"} if _SESSION & set(odd) else set(odd)
        return {name: value for name, value in data.items() if name not in gone}, odd
    return data, []
