"""What a growing log holds, at hand: the events that count by kind and by what they are about, finished steps, files."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from planfit.records.events import Event, StepFinished
from planfit.records.scores import ArtifactRef
from planfit.store import log
from planfit.store.history import standing, target_of
from planfit.store.reader import announced_by


class Known:
    """The events of a run that is being written, so that no question about them walks through the log."""

    def __init__(self) -> None:
        self._log: list[Event] = []
        self._as_tuple: tuple[Event, ...] | None = None
        self._by_kind: defaultdict[str, list[Any]] = defaultdict(list)
        self._by_fields: dict[tuple[Any, ...], Event] = {}
        self.files: dict[str, ArtifactRef] = {}
        """What the newest event says of each file, by its path in the run."""
        self.finished: dict[str, StepFinished] = {}
        """Finished steps that count, by key."""

    def __len__(self) -> int:
        return len(self._log)

    @property
    def events(self) -> tuple[Event, ...]:
        """All events in order."""
        if self._as_tuple is None:
            self._as_tuple = tuple(self._log)
        return self._as_tuple

    @property
    def standing(self) -> tuple[Event, ...]:
        """The events that count, in order."""
        return tuple(standing(self._log))

    def take(self, event: Event) -> None:
        """Take in the next event of the log."""
        self._log.append(event)
        self._as_tuple = None
        if target_of(event) is not None:
            self._by_kind.clear()
            self._by_fields.clear()
            self.finished.clear()
            for known in standing(self._log):
                self._index(known)
        else:
            self._index(event)
        self.files.update({ref.path: ref for ref in announced_by(event)})

    def of_kind(self, kind: str) -> list[Any]:
        """Return the bodies of a kind that count."""
        return list(self._by_kind.get(kind, ()))

    def about(self, kind: str, *fields: Any) -> Event | None:
        """Return the first event that counts of a kind about a thing, as `log.body_fields` tells it."""
        return self._by_fields.get((kind, *fields))

    def _index(self, event: Event) -> None:
        body = event.body
        self._by_kind[body.kind].append(body)
        if (fields := log.body_fields(body)) is not None:
            self._by_fields.setdefault((body.kind, *fields), event)
        if isinstance(body, StepFinished):
            self.finished[body.key] = body
