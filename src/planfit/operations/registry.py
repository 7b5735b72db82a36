"""The catalogue of operations: a table to read. Plug-ins join it by the entry point group ``planfit.operations``."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from planfit.errors import UsageError
from planfit.operations.base import Operation
from planfit.operations.categories import OneHotEncode, OrdinalEncode, TargetEncode
from planfit.operations.clip import Clip
from planfit.operations.count_encode import CountEncode
from planfit.operations.cross import Cross
from planfit.operations.cyclical_encode import CyclicalEncode
from planfit.operations.difference import Difference
from planfit.operations.group_aggregate import GroupAggregate
from planfit.operations.group_rare import GroupRare
from planfit.operations.imputing import ImputeMedian, ImputeMostFrequent, MissingIndicator
from planfit.operations.mark_missing import MarkMissing
from planfit.operations.numbers import PolynomialFeatures, Ratio
from planfit.operations.quantile_transform import QuantileTransform
from planfit.operations.reduction import Drop, Keep
from planfit.operations.scaling import Log1p, StandardScale
from planfit.operations.text import StringEncode, Tfidf
from planfit.operations.text_statistics import TextStatistics
from planfit.operations.time import DatetimeParts
from planfit.operations.to_number import ToNumber

OPERATIONS: tuple[type[Operation], ...] = (
    ImputeMedian,
    ImputeMostFrequent,
    MissingIndicator,
    MarkMissing,
    StandardScale,
    Log1p,
    QuantileTransform,
    Clip,
    OneHotEncode,
    OrdinalEncode,
    TargetEncode,
    ToNumber,
    CountEncode,
    GroupRare,
    Cross,
    PolynomialFeatures,
    Ratio,
    Difference,
    GroupAggregate,
    DatetimeParts,
    CyclicalEncode,
    Tfidf,
    StringEncode,
    TextStatistics,
    Drop,
    Keep,
)

ENTRY_POINTS = "planfit.operations"


def name_of(operation: type[Operation]) -> str:
    """Return the name that plans use."""
    return str(operation.model_fields["operation"].default)


@cache
def operations() -> dict[str, type[Operation]]:
    """Return all operations by name: our own, then those of installed plug-ins.

    Examples
    --------
    >>> operations()["standard_scale"](column="age").describe()
    'standard_scale'
    """
    found = {name_of(operation): operation for operation in OPERATIONS}
    for point in entry_points(group=ENTRY_POINTS):
        operation = point.load()
        if not (isinstance(operation, type) and issubclass(operation, Operation)):
            raise UsageError(
                f"The plug-in {point.value} is not an Operation.",
                hint=f"Its entry point in the group {ENTRY_POINTS} must name a subclass of planfit's Operation.",
            )
        name = name_of(operation)
        if name in found:
            raise UsageError(
                f"The plug-in {point.value} calls its operation {name!r}, a name that is taken.",
                hint="Uninstall one of the two.",
            )
        found[name] = operation
    return found
