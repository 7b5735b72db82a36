"""The catalogue of operations: a table to read. Plug-ins join it by the entry point group ``planfit.operations``."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from planfit.errors import UsageError
from planfit.operations.base import Operation
from planfit.operations.bin import Bin
from planfit.operations.categories import OneHotEncode, OrdinalEncode, TargetEncode
from planfit.operations.clip import Clip
from planfit.operations.cluster_distance import ClusterDistance
from planfit.operations.components import Pca, TruncatedSvd
from planfit.operations.count_encode import CountEncode
from planfit.operations.cross import Cross
from planfit.operations.cyclical_encode import CyclicalEncode
from planfit.operations.difference import Difference
from planfit.operations.expression import Expression
from planfit.operations.extract_pattern import ExtractPattern
from planfit.operations.geo_distance import GeoDistance
from planfit.operations.group_aggregate import GroupAggregate
from planfit.operations.group_rare import GroupRare
from planfit.operations.hash_encode import HashEncode
from planfit.operations.impute_by_others import ImputeIterative, ImputeKnn
from planfit.operations.impute_constant import ImputeConstant
from planfit.operations.imputing import ImputeMean, ImputeMedian, ImputeMostFrequent, MissingIndicator
from planfit.operations.map_values import MapValues
from planfit.operations.mark_missing import MarkMissing
from planfit.operations.numbers import Interactions, PolynomialFeatures, Ratio
from planfit.operations.parse_number import ParseNumber
from planfit.operations.quantile_transform import QuantileTransform
from planfit.operations.reduction import Drop, Keep
from planfit.operations.round import Round
from planfit.operations.row_statistics import RowStatistics
from planfit.operations.scaling import Log1p, MinMaxScale, PowerTransform, RobustScale, StandardScale
from planfit.operations.selection import DropCorrelated, SelectByModel, SelectKBest
from planfit.operations.split_text import SplitText
from planfit.operations.text import StringEncode, Tfidf
from planfit.operations.text_statistics import TextStatistics
from planfit.operations.time import DatetimeParts
from planfit.operations.time_between import TimeBetween
from planfit.operations.time_since import TimeSince
from planfit.operations.to_number import ToNumber

OPERATIONS: tuple[type[Operation], ...] = (
    ImputeMean,
    ImputeMedian,
    ImputeMostFrequent,
    ImputeConstant,
    ImputeKnn,
    ImputeIterative,
    MissingIndicator,
    MarkMissing,
    StandardScale,
    MinMaxScale,
    RobustScale,
    QuantileTransform,
    PowerTransform,
    Log1p,
    Clip,
    OneHotEncode,
    OrdinalEncode,
    TargetEncode,
    ToNumber,
    CountEncode,
    HashEncode,
    GroupRare,
    Cross,
    MapValues,
    PolynomialFeatures,
    Interactions,
    Bin,
    Round,
    Ratio,
    Difference,
    ParseNumber,
    DatetimeParts,
    CyclicalEncode,
    TimeSince,
    TimeBetween,
    Tfidf,
    StringEncode,
    TextStatistics,
    ExtractPattern,
    SplitText,
    GroupAggregate,
    RowStatistics,
    GeoDistance,
    ClusterDistance,
    Pca,
    TruncatedSvd,
    SelectKBest,
    SelectByModel,
    DropCorrelated,
    Drop,
    Keep,
    Expression,
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
