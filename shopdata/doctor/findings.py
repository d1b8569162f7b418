"""What a probe has found: a fact that holds or does not, and the key to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How a fact stands."""

    HOLDS = "holds"
    #: The portal is another than the YAML says.
    DIFFERS = "differs"
    #: It holds, and something is to be known of it.
    NOTE = "note"
    #: The portal did not answer, or there was nothing to see it by.
    UNSEEN = "unseen"
    #: It was not asked for: it leaves a trace, and nobody said yes.
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Key:
    """A key of the configuration that the fact stands in.

    Args:
        file: its place below `pipelines_config/`, for example `recipes/shop_orders.yaml`.
        path: the key in it, as `check_config` writes it: `steps[0].find.rows`.
        value: what would fit, where the answer tells it; None where a person must look.
    """

    file: str
    path: str
    value: Any = None

    def __str__(self) -> str:
        return f"{self.file} {self.path}"


@dataclass(frozen=True)
class Finding:
    """One fact.

    Args:
        probe: `D1` to `D19`, or what `--connect` tries.
        fact: which sentences of the wording say it: `doctor.<fact>.holds`, `.expected`, `.found`.
        subject: what it is a fact of: a key, a dataset.
        params: what the sentences need; nothing that is secret or personal.
        keys: what to change, the likeliest first; empty where no key answers it.
        fixture: the file with the answer that shows it; "" for none.
    """

    probe: str
    fact: str
    verdict: Verdict
    subject: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    fixture: str = ""

    def of(self, probe: str, fixture: str) -> Finding:
        """The same, found by this probe in this answer."""
        return replace(self, probe=probe, fixture=self.fixture or fixture)


def holds(fact: str, subject: str = "", **params: Any) -> Finding:
    """A fact that is as the YAML says. The probe that found it puts its number in."""
    return Finding("", fact, Verdict.HOLDS, subject, params)


def note(fact: str, subject: str = "", *keys: Key, **params: Any) -> Finding:
    """One that is to be known, and stops nothing."""
    return Finding("", fact, Verdict.NOTE, subject, params, keys)


def differs(fact: str, subject: str = "", *keys: Key, **params: Any) -> Finding:
    """One that is not."""
    return Finding("", fact, Verdict.DIFFERS, subject, params, keys)


def unseen(fact: str, subject: str = "", **params: Any) -> Finding:
    """One that can't be told now."""
    return Finding("", fact, Verdict.UNSEEN, subject, params)
