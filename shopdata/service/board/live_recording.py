"""What the page of a recording asks for all the time."""

from __future__ import annotations

from typing import cast

from shopdata.service.board.live import Live, Send
from shopdata.service.board.pages.record import part_values
from shopdata.service.board.rendering import Renderer
from shopdata.service.board.visit import Tokens, Visit
from shopdata.service.live.viewing import Viewing
from shopdata.service.recordings.recording import Recording
from shopdata.service.recordings.recordings import Recordings


class LiveRecording(Live):
    """Answers below `record/NAME/`."""

    def __init__(self, recordings: Recordings, renderer: Renderer, tokens: Tokens, send: Send) -> None:
        super().__init__(tokens, send)
        self._recordings = recordings
        self._renderer = renderer

    def is_below(self, path: tuple[str, ...]) -> bool:
        return len(path) == 3 and path[0] == "record"

    def viewing(self, visit: Visit) -> Recording | None:
        return self._recordings.of(visit.path[1])

    def part(self, visit: Visit, viewing: Viewing) -> bytes:
        recording = cast("Recording", viewing)
        values = part_values(visit.texts, recording.name, recording.shop, recording.now, recording.view)
        return self._renderer.part(visit, "recording_parts", values)
