"""The base of all records, and their one canonical form as bytes: what is hashed is what is meant."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

R = TypeVar("R", bound="Record")


class Record(BaseModel):
    """A frozen record: what travels between rooms. Unknown fields are refused; lists are accepted for tuples."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values, by alias."""
        return self.model_dump(mode="json", by_alias=True)

    def having(self: R, **changes: Any) -> R:
        """Return a validated copy with some fields changed."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**values, **changes})


def plain(value: Any) -> Any:
    """Return `value` as JSON values: records unfolded, tuples as lists, NumPy numbers as Python's, non-finite as null."""
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json", by_alias=True))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "item"):  # NumPy scalars
        return plain(value.item())
    return str(value)


def canonical_json(value: Any) -> bytes:
    """Return the one byte form of `value`: sorted keys, no blanks, UTF-8, no NaN.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": (1.0, None)})
    b'{"a":[1.0,null],"b":1}'
    """
    try:
        return _written(value)
    except (TypeError, ValueError):  # such as a number that is not finite: the slow way makes it null
        return _written(plain(value))


def _written(values: Any) -> bytes:
    text = json.dumps(
        values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_unfolded
    )
    return text.encode("utf-8", "surrogatepass")


def _unfolded(value: Any) -> Any:
    """Return what `json` cannot write by itself, one level unfolded."""
    return value.model_dump(mode="json", by_alias=True) if isinstance(value, BaseModel) else plain(value)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form of `value`, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def seed_of(seed: int, *parts: Any) -> int:
    """Return a 32-bit seed derived from the run's seed and what it is for, so that no two uses share a stream."""
    return int(digest([seed, *parts])[:8], 16)
