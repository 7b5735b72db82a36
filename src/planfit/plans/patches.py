"""JSON Patch (RFC 6902): how a mend is carried out, one or all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, Final

from planfit.records.findings import Finding

Change = dict[str, Any]
_END: Final = "-"
_AT_ONCE: Final = ("add", "remove", "replace")
"""Changes that are made whole or not at all, so that the document need not be copied first."""


class BadPatch(ValueError):
    """A patch that the document does not take."""


def apply_patch(document: Any, patch: Iterable[Change]) -> Any:
    """Return a patched copy of a JSON document; all changes or none.

    Parameters
    ----------
    document : JSON value
    patch : iterable of dict
        Changes as RFC 6902 has them: ``add``, ``remove``, ``replace``, ``move``, ``copy``, ``test``.

    Raises
    ------
    BadPatch
        A path leads nowhere, or a ``test`` fails.

    Examples
    --------
    >>> apply_patch({"a": [1, 3]}, [{"op": "add", "path": "/a/1", "value": 2}])
    {'a': [1, 2, 3]}
    """
    made = deepcopy(document)
    for change in patch:
        made = _changed(made, change)
    return made


def _changed(document: Any, change: Change) -> Any:
    kind, path = change["op"], _parts(change["path"])
    if kind in ("add", "replace", "test"):
        value = deepcopy(change["value"])
    elif kind in ("move", "copy"):
        source = _parts(change["from"])
        if kind == "move" and len(path) > len(source) and path[: len(source)] == source:
            raise BadPatch("nothing can be moved into itself")
        value = deepcopy(_found(document, source))
        if kind == "move":
            document = _without(document, source)
    elif kind == "remove":
        return _without(document, path)
    else:
        raise BadPatch(f"there is no operation {kind!r}")
    if kind == "test":
        if _found(document, path) != value:
            raise BadPatch(f"{change['path']} holds something else")
        return document
    if kind == "replace" and path:
        _found(document, path)
        return _put(document, path, value, over=True)
    return _put(document, path, value, over=False)


def _parts(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise BadPatch(f"{pointer!r} is no JSON Pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _found(document: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        if isinstance(document, list):
            document = document[_place(document, part, len(document) - 1)]
        elif isinstance(document, dict) and part in document:
            document = document[part]
        else:
            raise BadPatch(f"there is nothing at {part!r}")
    return document


def leads_somewhere(document: Any, path: str) -> bool:
    """Say whether a JSON Pointer names something in a document.

    Parameters
    ----------
    document : JSON value
    path : str
    """
    try:
        _found(document, _parts(path))
    except BadPatch:
        return False
    return True


def _place(items: list[Any], part: str, last: int) -> int:
    if part == _END:
        return _checked(len(items), last)
    if not part.isdecimal() or not part.isascii() or (len(part) > 1 and part.startswith("0")) or len(part) > 9:
        raise BadPatch(f"{part!r} is no place in a list")
    return _checked(int(part), last)


def _checked(place: int, last: int) -> int:
    if place > last:
        raise BadPatch(f"the list has no place {place}")
    return place


def _without(document: Any, parts: Sequence[str]) -> Any:
    if not parts:
        raise BadPatch("the whole document cannot be removed")
    _found(document, parts)
    holder = _found(document, parts[:-1])
    del holder[_place(holder, parts[-1], len(holder) - 1) if isinstance(holder, list) else parts[-1]]
    return document


def _put(document: Any, parts: Sequence[str], value: Any, *, over: bool) -> Any:
    if not parts:
        return value
    holder = _found(document, parts[:-1])
    if isinstance(holder, list):
        place = _place(holder, parts[-1], len(holder) - over)
        holder[place : place + over] = [value]
    elif isinstance(holder, dict):
        holder[parts[-1]] = value
    else:
        raise BadPatch(f"nothing can stand at {parts[-1]!r}")
    return document


def take_mends(document: Any, findings: Iterable[Finding]) -> tuple[Any, tuple[Finding, ...]]:
    """Carry out the mends of findings.

    Later places go first, so that what a mend removes moves nothing that another one names. Where two mends concern one
    place, the first is taken; judging the result anew tells whether the other is still wanted.

    Parameters
    ----------
    document : JSON value
    findings : iterable of Finding
        What was found in `document`; those without a mend are passed over.

    Returns
    -------
    document : JSON value
        A mended copy.
    taken : tuple of Finding
        Those whose mend was carried out, in the order of the document.

    Examples
    --------
    >>> found = Finding(code="unknown-field", gate="document", message="No.", path="/b", mend=(
    ...     {"op": "move", "from": "/b", "path": "/a"},))
    >>> take_mends({"b": 1}, [found])[0]
    {'a': 1}
    """
    mends: dict[tuple[tuple[int, int, str], ...], Finding] = {}
    for each in findings:
        if each.mend:
            mends.setdefault(_order(each.path), each)
    taken = []
    document = deepcopy(document)
    for key in sorted(mends, reverse=True):
        patch = mends[key].mend or ()
        try:
            if len(patch) == 1 and patch[0]["op"] in _AT_ONCE:
                document = _changed(document, patch[0])
            else:
                document = apply_patch(document, patch)
        except BadPatch:  # an earlier mend of this round changed that place
            continue
        taken.append(mends[key])
    return document, tuple(reversed(taken))


def _order(path: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key by which paths sort as their places do: ``/steps/10`` after ``/steps/9``."""
    return tuple((1, int(part), "") if part.isdecimal() and len(part) < 10 else (0, 0, part) for part in _parts(path))
