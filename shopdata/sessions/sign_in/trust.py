"""Which parts of a page may be given a user name and a password, and may be clicked in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import ElementHandle, Frame, Page

from shopdata.config import Portal, Shop
from shopdata.exceptions import ForbiddenHostError

#: A field that is shown and can't be typed into is soon redrawn, or never.
FILL_TIMEOUT_MS = 5_000

#: Documents without an address of their own: they are what the page around them has made of them.
_OF_THEIR_PARENT = ("", "about:blank", "about:srcdoc")

#: Where the form that a field is in would go by itself, without any script: of the form, and of each of its buttons;
#: before them, whether the field is still in the document that it was found in.
_PLACE = """(field) => {
  const isHere = field.ownerDocument === document && field.isConnected;
  const form = field.form ?? field.closest("form");
  if (!form) return [isHere, []];
  const buttons = [...form.querySelectorAll("[formaction]")];
  const said = [form.getAttribute("action"), ...buttons.map((button) => button.getAttribute("formaction"))];
  // Text that is no address can't be gone to either.
  const whole = (text) => URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI).href : "about:blank";
  return [isHere, said.filter((text) => text).map(whole)];
}"""


def is_trusted(frame: Frame, portal: Portal) -> bool:
    """True for a frame of the login page's host or one of `login_hosts`, by the address that the browser says."""
    if frame.url in _OF_THEIR_PARENT:
        return frame.parent_frame is not None and is_trusted(frame.parent_frame, portal)
    return portal.allows_login(frame.url)


def trusted_frames(page: Page, portal: Portal) -> list[Frame]:
    """The frames of a page that may be typed into, the outermost first."""
    return [frame for frame in page.frames if is_trusted(frame, portal)]


def frames_of_page(page: Page, portal: Portal) -> list[Frame]:
    """Those, and whatever else is of the page itself: what is read and clicked in, once the password was sent."""
    own = _origin(page.main_frame.url)
    return [frame for frame in page.frames if is_trusted(frame, portal) or _origin(_address_of(frame)) == own]


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


@dataclass(frozen=True)
class Field:
    """A field of a page, and the frame in which it was found."""

    frame: Frame
    handle: ElementHandle


async def type_into(field: Field, text: str, shop: Shop, portal: Portal) -> None:
    """Types into a field of a page, unless it is on a host that must not know what is typed.

    A handle belongs to one document: what another page puts in its place is never typed into.

    Raises:
        ForbiddenHostError: its frame, or where its form would send it, is of another host.
    """
    await refuse_foreign(field, shop, portal)
    await field.handle.fill(text, timeout=FILL_TIMEOUT_MS)


async def refuse_foreign(field: Field, shop: Shop, portal: Portal) -> None:
    """Looks where a field is and where its form goes.

    Raises:
        ForbiddenHostError: either is a host that is not allowed.
    """
    found: tuple[bool, list[Any]] = await field.handle.evaluate(_PLACE)
    is_here, targets = found
    # A handle dies with its document; only a script may have taken the field somewhere else.
    frame = field.frame if is_here else await field.handle.owner_frame()
    if frame is None or not is_trusted(frame, portal):
        raise foreign_host(shop, "" if frame is None else _address_of(frame), portal)
    for target in map(str, targets):
        # Scripts handle these forms themselves; what they do is the page's own affair.
        if urlsplit(target).scheme not in ("javascript", "about") and not portal.allows_login(target):
            raise foreign_host(shop, target, portal)


def _address_of(frame: Frame) -> str:
    return _address_of(frame.parent_frame) if frame.url in _OF_THEIR_PARENT and frame.parent_frame else frame.url


def foreign_host(shop: Shop, url: str, portal: Portal) -> ForbiddenHostError:
    """The error for a login form that is not the portal's own, as far as portals.yaml says; `url` is where it is."""
    place = urlsplit(url)
    own = urlsplit(portal.login_url)
    # Plain http to an allowed host is refused as well: there the scheme is what is wrong.
    is_plain = place.scheme == "http" and portal.allows_login(url.replace("http:", "https:", 1))
    found = f"{place.scheme}://{place.netloc}" if is_plain else place.netloc.rpartition("@")[2] or f"{place.scheme}:"
    return ForbiddenHostError(
        "the login form leads to a host that is not allowed",
        code="login_host_forbidden",
        params={"host": found},
        where=f"shop {shop.id!r}",
        found=found,
        expected=", ".join([own.netloc, *portal.login_hosts]) + (" over https" if is_plain else ""),
        todo=(
            "User name and password were not typed. If it is the portal's own host, add it to `login_hosts` in "
            "portals.yaml."
        ),
    )
