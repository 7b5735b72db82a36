"""The allow-list: which parts a scalar expression may have, by theme. A function is added as an entry of its theme."""

from __future__ import annotations

from typing import Final

from planfit.operations.scalar_arithmetic import ARITHMETIC
from planfit.operations.scalar_conditions import CONDITIONS
from planfit.operations.scalar_dates import DATES
from planfit.operations.scalar_strings import STRINGS
from planfit.operations.scalar_values import VALUES
from planfit.operations.scalar_writer import Entries

ENTRIES: Final[Entries] = {**VALUES, **ARITHMETIC, **CONDITIONS, **STRINGS, **DATES}
"""By the exact class of a node: how it is written, and which of its parts may be there."""
