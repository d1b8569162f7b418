"""What the inference says: which line of a recipe follows from what, what is not proven, why there is no recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shopdata.recording.journal import Call


@dataclass(frozen=True)
class Line:
    """A sentence, as the catalogue of texts has it below `record.`."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    #: True where it is not proven, and only a rehearsal tells.
    is_doubt: bool = False


class NotInferredError(Exception):
    """Raised where no recipe follows from a journal; `line` says why, to a person."""

    def __init__(self, reason: str, **params: Any) -> None:
        self.line = Line(f"no.{reason}", params)
        told = ", ".join(f"{name} {value}" for name, value in params.items())
        super().__init__(f"no recipe follows: {reason.replace('_', ' ')}; {told}")


def told_call(call: Call) -> str:
    """A request as sentences name it."""
    return f"{call.method} /{'/'.join(call.path)}"
