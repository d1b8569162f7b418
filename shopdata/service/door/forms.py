"""What forms send, in a time that their length alone decides: Twisted reads each line of an upload as one of a mail."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import collapse_rfc2231_value

from twisted.web.http import parse_qs

MOST_FIELDS = 1000
_MOST_PARTS = 50
_MOST_HEAD_BYTES = 4096

Fields = dict[bytes, list[bytes]]


class UnreadableFormError(ValueError):
    """Raised for a body that is not what its type says, or has more parts than any form of ours; a clause."""


def read_form(content_type: bytes, content: bytes) -> Fields:
    """The fields of a POST; none for what is no form.

    Raises:
        UnreadableFormError.
    """
    about = Message()
    about["Content-Type"] = content_type.decode("latin-1")
    kind = about.get_content_type()
    if kind == "application/x-www-form-urlencoded":
        if content.count(b"&") + content.count(b";") >= MOST_FIELDS:
            raise UnreadableFormError(f"the form has more than {MOST_FIELDS} fields")
        fields: Fields = parse_qs(content, 1)
        return fields
    if kind == "multipart/form-data":
        return _parts(content, str(about.get_boundary() or "").encode("latin-1", "replace"))
    return {}


def _parts(content: bytes, boundary: bytes) -> Fields:
    if not 0 < len(boundary) <= 200:
        raise UnreadableFormError("the form does not say what stands between its parts")
    line = b"--" + boundary
    between = b"\r\n" + line
    # The first part has no line before it, as a rule.
    start = len(line) if content.startswith(line) else _after(content, between, 0)
    fields: Fields = {}
    for _ in range(_MOST_PARTS + 1):
        if content[start : start + 2] == b"--":
            return fields
        end = content.find(between, start)
        if end < 0:
            raise UnreadableFormError("the form has no end")
        name, value = _part(content, start, end)
        if name:
            fields.setdefault(name, []).append(value)
        start = end + len(between)
    raise UnreadableFormError(f"the form has more than {_MOST_PARTS} parts")


def _after(content: bytes, mark: bytes, start: int) -> int:
    found = content.find(mark, start)
    if found < 0:
        raise UnreadableFormError("the form has no parts")
    return found + len(mark)


def _part(content: bytes, start: int, end: int) -> tuple[bytes, bytes]:
    """Name and value of what stands between two boundaries."""
    head_end = content.find(b"\r\n\r\n", start, min(end, start + _MOST_HEAD_BYTES))
    if head_end < 0:
        raise UnreadableFormError("a part of the form has no head")
    head = BytesHeaderParser().parsebytes(content[start:head_end].lstrip() + b"\r\n\r\n")
    name = head.get_param("name", header="content-disposition")
    text = collapse_rfc2231_value(name) if name else ""
    return text.encode("utf-8", "replace"), content[head_end + 4 : end]
