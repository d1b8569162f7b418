"""The login of a platform that portals.yaml describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopdata.config import Portal
from shopdata.config.described import DescribedPortal, LoginDescription
from shopdata.config.portals import Signs
from shopdata.config.recipes.placeholders import Placeholder, read_template
from shopdata.sessions.sign_in.form_login import FormLogin
from shopdata.sessions.sign_in.signs import holds, holds_any, shows
from shopdata.sessions.sign_in.steps import PortalAnswer, Risk


class DescribedLogin(FormLogin):
    """A form, and what answers mean by what stands in them."""

    def __init__(self, title: str, login: Mapping[str, Any]) -> None:
        """`login` is what the section says under that key."""
        self.name = title  # type: ignore[misc]
        self._login = LoginDescription.model_validate(login)

    def check_call(self, portal: Portal) -> tuple[str, dict[str, str]]:
        assert isinstance(portal, DescribedPortal)
        parts = read_template(self._login.check)
        return "".join(getattr(portal, p.field) if isinstance(p, Placeholder) else p for p in parts), {}

    def is_session_alive(self, answer: PortalAnswer) -> bool:
        if self._login.alive_on_page is not None:
            return shows(answer, self._login.alive_on_page)
        return holds(answer, self._login.alive or {})

    def is_session_dead(self, answer: PortalAnswer, portal: Portal) -> bool:
        # Of a portal that answers in pages, a page alone says nothing.
        if self._login.alive_on_page is not None and answer.status == 200 and self.is_session_alive(answer):
            return False
        return super().is_session_dead(answer, portal) or holds_any(answer, self._login.dead)

    def risk_in(self, answer: PortalAnswer, portal: Portal) -> Risk | None:
        if (risk := super().risk_in(answer, portal)) is not None:
            return risk
        for many, needs_person in ((self._login.person, True), (self._login.too_often, False)):
            for signs in many:
                if holds(answer, signs):
                    return Risk(_told(signs), needs_person=needs_person, may_pass=not needs_person)
        return None


def _told(signs: Signs) -> str:
    return ", ".join(f"{path} {value}" for path, value in signs.items())[:80]
