"""What kind of thing a login page says, by its words: only a clear word about user name or password is a refusal.

Nobody has recorded all that the portals say, and they change it. So a text is told by kinds of words, in an order: what
only a person can do, what passes by itself, and only then what is wrong with user name or password.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from shopdata.sessions.sign_in import vocabulary


class Says(StrEnum):
    """What a login page may say; what becomes of each is in `verdict.py`."""

    REFUSED = "refused"
    LOCKED = "locked"
    CAPTCHA = "captcha"
    SMS = "sms"
    RISK = "risk"
    FORM = "form"
    AGREEMENT = "agreement"
    NOTICE = "notice"
    CHOICE = "choice"
    BUSY = "busy"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"


def what_it_says(text: str, refused_words: tuple[str, ...] = ()) -> Says:
    """The kind of a text; `UNKNOWN` is what is none of the others.

    Args:
        refused_words: what means a refusal besides what is known here (`refused_words` in portals.yaml).
    """
    said = _plain(text)
    if is_label(text):
        return Says.UNKNOWN
    if _begins_with_refusal(said):
        return Says.LOCKED if _is_locked(said) else Says.REFUSED
    return _kind_of(said, refused_words)


def _begins_with_refusal(said: str) -> bool:
    """True if that is all that the first clause says: what follows is advice, whatever it names."""
    if vocabulary.CHECK_FAILED.search(said):
        return False
    heading = vocabulary.HEADING.match(said)
    said = said[heading.end() :] if heading else said
    end = vocabulary.CLAUSE_ENDS.search(said)
    if end is None:
        return heading is not None and _kind_of(said) is Says.REFUSED
    return end[0] != "?" and _kind_of(said[: end.start()]) is Says.REFUSED


def _kind_of(said: str, refused_words: tuple[str, ...] = ()) -> Says:
    if vocabulary.ADVICE.search(said):
        return Says.UNKNOWN
    if _is_locked(said):
        return Says.LOCKED
    for kind, is_so in (
        (Says.FORM, vocabulary.FORM.search(said)),
        (Says.SMS, vocabulary.SMS.search(said)),
        (Says.CAPTCHA, vocabulary.CAPTCHA.search(said)),
        (Says.RISK, _speaks_of_risk(said)),
        (Says.CHOICE, vocabulary.CHOICE.search(said)),
        (Says.AGREEMENT, vocabulary.AGREEMENT.search(said)),
        (Says.REFUSED, any(_plain(words) in said for words in refused_words)),
        (Says.MAINTENANCE, vocabulary.MAINTENANCE.search(said)),
        (Says.BUSY, vocabulary.BUSY.search(said)),
        (Says.REFUSED, _is_refused(said)),
        (Says.FORM, vocabulary.FORM_OR_ADVICE.search(said)),
        (Says.BUSY, vocabulary.LATER.search(said)),
    ):
        if is_so:
            return kind
    return Says.UNKNOWN


def is_label(text: str) -> bool:
    """True for what stands on every login page: tabs, links, what is to be typed in."""
    return vocabulary.LABEL.fullmatch(_plain(text).strip(" ?>.。…:*")) is not None


def _plain(text: str) -> str:
    """Full-width signs as their plain ones, traditional words as simplified ones, no blanks within Chinese."""
    said = (
        unicodedata.normalize("NFKC", text[: vocabulary.LONGEST]).lower().translate(vocabulary.SAME).replace("’", "'")
    )
    said = " ".join(said.split())
    return re.sub(rf"(?<=[{vocabulary.CJK}]) | (?=[{vocabulary.CJK}])", "", said)


def _is_locked(said: str) -> bool:
    if any(_is_present(said, found) for found in vocabulary.LOCKED.finditer(said)):
        return True
    if _is_refused(said) and vocabulary.FOR_NOW.search(said) and not vocabulary.TRIES_LEFT.search(said):
        return True
    return any(
        not re.search(r"将|会|还有|剩|[验校][证验]码", _clause(said, found))
        for found in vocabulary.WRONG_TOO_OFTEN.finditer(said)
    )


def _is_refused(said: str) -> bool:
    for found in vocabulary.REFUSED.finditer(said):
        before = vocabulary.CLAUSE_ENDS.split(said[: found.start()])[-1]
        if not vocabulary.IF.search(before) and not vocabulary.OF_ELSE.match(said[found.end() :]):
            return True
    return False


def _speaks_of_risk(said: str) -> bool:
    return any(
        _is_present(said, found) and not vocabulary.RATE.search(_clause(said, found))
        for found in vocabulary.RISK.finditer(said)
    )


def _is_present(said: str, found: re.Match[str]) -> bool:
    """True if it is so now: no warning of what comes if one goes on."""
    before = vocabulary.CLAUSE_ENDS.split(said[max(0, found.start() - 16) : found.end()])[-1]
    if vocabulary.STILL_TO_COME.search(before):
        return False
    return vocabulary.IS_SO.search(before) is not None or vocabulary.TO_COME.search(before) is None


def _clause(said: str, found: re.Match[str]) -> str:
    return (
        vocabulary.CLAUSE_ENDS.split(said[: found.start()])[-1] + vocabulary.CLAUSE_ENDS.split(said[found.start() :])[0]
    )
