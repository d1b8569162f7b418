"""The buttons of the page of users: the same rules as `scrapy users`."""

from __future__ import annotations

from shopdata.service.board.answers import Answer, BadFormError, PageNotFoundError, redirect
from shopdata.service.board.pages.users import with_password
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.people.passwords import new_password
from shopdata.service.people.roles import Role
from shopdata.service.people.users import Users, checked_name


def add(sources: Sources, visit: Visit) -> RenderedPage | Answer:
    """A new user; without a password in the form, with one of our making."""
    users, name = _users(sources), checked_name(visit.form.get("name", "").strip())
    given = visit.form.get("password", "")
    password = given or new_password(name)
    users.add(name, _role(visit), password)
    return redirect(visit.link("users", told="user_added")) if given else with_password(sources, visit, name, password)


def set_role(sources: Sources, visit: Visit) -> RenderedPage | Answer:
    """Another role."""
    _users(sources).set_role(visit.form.get("name", ""), _role(visit))
    return redirect(visit.link("users", told="user_changed"))


def set_password(sources: Sources, visit: Visit) -> RenderedPage | Answer:
    """A password of our making, shown once."""
    users, name = _users(sources), visit.form.get("name", "")
    password = new_password(name)
    users.set_password(name, password)
    return with_password(sources, visit, name, password)


def remove(sources: Sources, visit: Visit) -> RenderedPage | Answer:
    """One user less."""
    _users(sources).remove(visit.form.get("name", ""))
    return redirect(visit.link("users", told="user_removed"))


def _users(sources: Sources) -> Users:
    if sources.users is None:
        raise PageNotFoundError
    return sources.users


def _role(visit: Visit) -> Role:
    try:
        return Role(visit.form.get("role", ""))
    except ValueError:
        raise BadFormError(
            "there is no such role",
            where="the form",
            expected=", ".join(Role),
            todo="Go back, load the page again, try again",
        ) from None
