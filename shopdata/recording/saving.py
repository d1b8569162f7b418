"""A recording on its way to the disk: each entry with stand-ins at once, and at the end both proofs."""

from __future__ import annotations

import json
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from shopdata.exceptions import UsageError
from shopdata.held_folder import AlreadyHeldError, HeldFolder
from shopdata.periods import SHANGHAI, PeriodKind
from shopdata.recording.inference import Inferred, Known, Line, NotInferredError, infer
from shopdata.recording.inference.signing import MODES
from shopdata.recording.journal import (
    VERSION,
    Download,
    Entry,
    Journal,
    Record,
    journal_of,
    record_of,
    records_of,
    take_record,
    write_line,
)
from shopdata.recording.redaction.entries import without_secrets
from shopdata.recording.redaction.proof import SecretFoundError, contents_of, prove_clean
from shopdata.recording.redaction.samples import Sample, written
from shopdata.recording.redaction.stand_ins import StandIns
from shopdata.recording.redaction.words import NotTheSameError, check_words, with_words, words_between
from shopdata.recording.room import DROPPED, Room


class Recording:
    """What has been seen: as it was in memory only, with stand-ins in the journal.

    Args:
        path: the journal, once it is proven; until then it grows in a folder beside it, line by line, so that a window
            that is closed loses nothing. One of before stays till then.
        hosts: the platform's, as `host` or `host:port`.
        known_secrets: cookies, names and passwords that must not be kept however they look.
        dialects: how the platform's answers may be read, the best first.
        kind: what was asked for, where that was said; else it follows from what was sent.
        room: for what pages send and get.
    """

    def __init__(
        self,
        path: Path,
        days: Iterable[date],
        hosts: Iterable[str],
        known_secrets: Iterable[str],
        dialects: Sequence[Known],
        kind: PeriodKind | None = None,
        room: Room | None = None,
    ) -> None:
        self._target, self._dialects, self.kind = path, dialects, kind
        try:
            self._folder = HeldFolder(path)
        except AlreadyHeldError:
            raise UsageError(
                "a recording of this name goes on, in a window or on a board",
                where=path.stem,
                todo="Wait for its end, or take another name.",
            ) from None
        #: Where the journal is now.
        self.path = self._folder.path / path.name
        plain = [text for known in dialects for text in known.dialect.headers.values()]
        self._stand_ins = StandIns(secrets.token_bytes(32), days, datetime.now(SHANGHAI), known_secrets, hosts, plain)
        self._room = room or Room()
        #: As they were seen, packed: as objects they would take ten times as much.
        self._takes: list[tuple[date, list[bytes]]] = []
        #: Of the journal and of the room, what there was when the last take began.
        self._before = 0, 0, self._room.left
        self._is_proven = False
        #: Files with stand-ins, beside the journal.
        self.samples: list[Path] = []
        self.path.write_text("", "utf-8")
        self._write({"kind": "head", "version": VERSION})

    def begin(self, day: date) -> None:
        """A take of this day begins."""
        self._stand_ins.keep_day(day)
        self._before = self.path.stat().st_size, len(self.samples), self._room.left
        self._takes.append((day, []))
        self._write(take_record(day, self.kind))

    def note(self, entry: Entry) -> None:
        """Keeps an entry; of a body or answer for which there is no room, its size."""
        entry = self._room.fitted(entry)
        self._takes[-1][1].append(zlib.compress(write_line(record_of(entry)).encode("utf-8", "surrogatepass"), 1))
        self._write(record_of(without_secrets(entry, self._stand_ins)))

    def keep_file(self, download: Download, sample: Sample | None) -> None:
        """Keeps a file: what was seen of it, and some of its rows with stand-ins."""
        with suppress(SecretFoundError):
            if sample is not None:
                content = written(sample, self._stand_ins)
                name = f"{self.path.stem}-{len(self.samples) + 1}.{sample.suffix}"
                self.path.with_name(name).write_bytes(content)
                self.samples.append(self.path.with_name(name))
                download = replace(download, kept=name)
        self.note(download)

    def forget_take(self) -> None:
        """The last take was not what was meant: nothing of it stays, here or in the journal."""
        del self._takes[-1]
        size, samples, self._room.left = self._before
        os.truncate(self.path, size)
        for path in self.samples[samples:]:
            path.unlink(missing_ok=True)
        del self.samples[samples:]

    @property
    def journal(self) -> Journal:
        """As it was seen. Never written."""
        return journal_of(self._seen())

    def _seen(self) -> Iterator[Record]:
        for day, packed in self._takes:
            yield take_record(day, self.kind)
            for one in packed:
                yield json.loads(zlib.decompress(one))

    def ways_to_sign(self, dataset: str, chosen: str, inferred: Inferred) -> list[str]:
        """How what a page has made may be sent, where nothing tells which: as the recipe says, and the others. Empty
        where there is but one way."""
        told = [line.code.removeprefix("sign_") for line in inferred.doubts if line.code.startswith("sign_")]
        known: tuple[str, ...] = ("rewrite", "click", "borrow")
        ways = [mode for mode in known if mode in told][:1]
        recipes = [inferred.recipe]
        for mode in MODES if told else ():
            with suppress(NotInferredError):
                found = infer(self.journal, self._signing(mode), dataset, chosen)
                if found.recipe not in recipes:
                    recipes.append(found.recipe)
                    ways.append(mode)
        return ways if len(ways) > 1 else []

    def _signing(self, mode: str) -> Sequence[Known]:
        return [replace(known, wanted_sign=mode) for known in self._dialects] if mode else self._dialects

    def save(self, dataset: str, chosen: str = "", sign: str = "") -> Inferred:
        """The recipe, and the journal with the words that it needs; without both proofs there is no journal.

        Args:
            sign: how a person wants to have sent what a page has made.

        Raises:
            NotInferredError: no recipe follows.
            SecretFoundError: the journal would keep something secret; it is gone.
        """
        try:
            self._prove()
            dialects = self._signing(sign)
            inferred = infer(self.journal, dialects, dataset, chosen)
            from_kept = infer(journal_of(records_of(self.path)), dialects, dataset, chosen)
            words = words_between(from_kept.recipe, inferred.recipe)
            check_words(words, self._stand_ins.secrets)
            self._write({"kind": "words", "words": words})
            self._prove(set(words.values()))
            self._put_in_place()
        except NotTheSameError:
            self._remove()
            raise NotInferredError("not_replayable") from None
        except NotInferredError:
            # What was seen tells why; it holds nothing secret.
            self._prove_or_remove()
            raise
        except BaseException:
            self._remove()
            raise
        return replace(inferred, lines=(*inferred.lines, *_dropped(self.journal)))

    def leave(self) -> None:
        """It is over, however it ended: a journal that was never proven does not stay."""
        if not self._is_proven:
            self._remove()
        self._folder.remove()

    def _prove_or_remove(self) -> None:
        try:
            self._prove()
            self._put_in_place()
        except BaseException:
            self._remove()
            raise

    def _put_in_place(self) -> None:
        """It is proven, and takes the place of one of before, with its files."""
        if self.path == self._target:
            return
        for earlier in self._target.parent.glob(f"{self._target.stem}-*"):
            earlier.unlink(missing_ok=True)
        self.samples = [path.replace(self._target.with_name(path.name)) for path in self.samples]
        self.path = self.path.replace(self._target)

    def _remove(self) -> None:
        for path in (self.path, *self.samples):
            path.unlink(missing_ok=True)

    def _prove(self, words: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        replaced = self._stand_ins.replaced - words - self._stand_ins.names
        prove_clean(contents_of(self.path), replaced, self._stand_ins.secrets, self._stand_ins.given)
        for path in self.samples:
            prove_clean(contents_of(path), (), self._stand_ins.secrets)
        self._is_proven = True

    def _write(self, record: Record) -> None:
        with self.path.open("a", encoding="utf-8", errors="surrogatepass") as file:
            file.write(write_line(record))


def infer_again(journal: Journal, dialects: Sequence[Known], dataset: str, chosen: str = "") -> Inferred:
    """The recipe of a journal that was kept. Raises NotInferredError."""
    found = infer(journal, dialects, dataset, chosen)
    if not journal.words and any(line.code == "secret_constant" for line in found.lines):
        raise NotInferredError("not_saved")
    lines = tuple(Line(line.code, with_words(dict(line.params), journal.words), line.is_doubt) for line in found.lines)
    recipe = with_words(found.recipe, journal.words)
    return replace(found, recipe=recipe, lines=(*lines, *_dropped(journal)))


def _dropped(journal: Journal) -> Iterator[Line]:
    """What was not looked at, since there was no room for it: a value that comes from there has no source."""
    parts = [part or {} for take in journal.takes for call in take.calls for part in (call.body, call.answer)]
    if count := sum(DROPPED in part for part in parts):
        yield Line("dropped", {"count": count}, is_doubt=True)
