"""Who may use the service, with the buttons that change it."""

from __future__ import annotations

from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.people.roles import Role


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """All users; `?told=` says what a button has just done."""
    return with_password(sources, visit)


def with_password(sources: Sources, visit: Visit, name: str = "", password: str = "") -> RenderedPage:
    """The same, with a password that was made just now: it is on this page once, and nowhere else."""
    if sources.users is None:
        raise PageNotFoundError
    return RenderedPage(
        "users",
        visit.texts("menu.users"),
        "users",
        {
            "single": sources.users.single,
            "users": list(sources.users.file.users().values()),
            "roles": list(Role),
            "made_for": name,
            "made": password,
        },
        is_done=bool(password),
    )
