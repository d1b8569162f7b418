"""All recordings from the board."""

from __future__ import annotations

import logging
from datetime import datetime

from shopdata.config import Shop
from shopdata.exceptions import UsageError
from shopdata.held_folder import remove_left
from shopdata.periods import SHANGHAI, PeriodKind
from shopdata.service.live.person import Person
from shopdata.service.live.process import LiveProcess
from shopdata.service.live.viewings import Viewings
from shopdata.service.options import ServiceOptions
from shopdata.service.recordings.recording import Recording

logger = logging.getLogger(__name__)

#: Each is a Chromium while its page is shown, some 400 MB.
MOST_AT_ONCE = 2
#: Portals make some exports for many minutes, and questions are to be read.
_PERSON_SECONDS = 3600
#: While nothing is shown: a crawl runs for the rehearsal, or somebody looks for the export of a third day.
_AWAY_SECONDS = 1800.0
_MODULE = "shopdata.actions.record_child"


class Recordings(Viewings[Recording]):
    """In the reactor's thread only. Each is known by the name of its dataset."""

    #: How the exports are called that people send for comparing.
    sent_prefix = "export-by-hand-"

    def __init__(self, options: ServiceOptions) -> None:
        super().__init__(
            "recording",
            most_at_once=MOST_AT_ONCE,
            person_seconds=_PERSON_SECONDS,
            away_seconds=options.sign_in_away_seconds,
        )
        self.folder = options.folder
        # Of a service that was killed.
        for left in self.folder.glob(f"{self.sent_prefix}*"):
            left.unlink(missing_ok=True)
        self._journals = options.state_dir / "recordings"
        self._process_ended()

    def start(
        self, name: str, shop: Shop, person: Person, invitation: str = "", kind: PeriodKind | None = None
    ) -> Recording:
        """Begins one, if there is none of this name that runs: then it is that one, whoever has begun it.

        Raises:
            UsageError: the one that runs is of another shop.
        """
        running = self.of(name)
        if running is None or running.now.is_over:
            running = Recording(name, shop, person, datetime.now(SHANGHAI), kind)
            self.begin(running)
        elif running.shop.id != shop.id:
            raise UsageError(
                "a recording of this name goes on in another shop",
                where=f"record {name}",
                found=running.shop.id,
                todo="Take another name, or wait for its end.",
            )
        self.invitations.use(invitation, running)
        return running

    def _process(self, viewing: Recording, seconds: int) -> LiveProcess:
        more = (viewing.kind,) if viewing.kind else ()
        return self._start(viewing, _MODULE, viewing.name, viewing.shop.id, str(seconds), *more)

    def _may_be_away(self, viewing: Recording) -> float:
        is_in_hand = viewing.now.is_shown or viewing.now.state in ("queued", "opening", "took")
        return self._away_seconds if is_in_hand else max(self._away_seconds, _AWAY_SECONDS)

    def _process_ended(self) -> None:
        # One that was killed has left what it had of a recording.
        remove_left(self._journals)

    def _note_end(self, viewing: Recording) -> None:
        for path in viewing.sent:
            path.unlink(missing_ok=True)
        logger.info("recording of %s by %s: %s", viewing.name, viewing.person.user, viewing.now.state)
