"""What a platform's page has that signs calls: a client of its own, in JavaScript."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageClient:
    """What a platform's page signs its calls with, in JavaScript."""

    #: For people, and as it stands in both expressions: `window.api`.
    name: str
    #: An expression that is true once the page can be used.
    is_ready: str
    #: A function of a path and a body, as a list of two. Gives `{data}`, or `{}` where a page came in place of data.
    call: str

    def called(self, name: str) -> PageClient:
        """The same under another name."""
        other = (self.is_ready.replace(self.name, name), self.call.replace(self.name, name))
        return PageClient(name, *other)
