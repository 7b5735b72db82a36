"""What a check is: one function that looks at one thing and yields findings, told apart by the codes it may give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from planfit.plans.codes import CODES
from planfit.records.findings import Finding

View = TypeVar("View")
"""What a check looks at."""


@dataclass(frozen=True)
class Check(Generic[View]):
    """One check."""

    codes: tuple[str, ...]
    says: str
    """The function's docstring."""
    look: Callable[[View], Iterator[Finding]]

    def __call__(self, view: View) -> Iterator[Finding]:
        return self.look(view)


def check(*codes: str) -> Callable[[Callable[[View], Iterator[Finding]]], Check[View]]:
    """Make a check of a function; `codes` are those that it may give."""
    unknown = [code for code in codes if code not in CODES]
    if unknown:
        raise KeyError(f"codes that the catalogue lacks: {unknown}")

    def made(function: Callable[[View], Iterator[Finding]]) -> Check[View]:
        return Check(codes, (function.__doc__ or "").strip(), function)

    return made
