"""What a call costs, from a price list that is a part of the installation; nothing is looked up over the network."""

from __future__ import annotations

from planfit.records.calls import Prices

MILLION = 1_000_000.0


def cost(
    provider: str | None,
    model: str,
    tokens_in: int | None,
    tokens_cached: int | None,
    tokens_out: int | None,
    *,
    own: Prices | None = None,
    free: bool = False,
) -> float | None:
    """Return the US dollars that a call cost; None where that is unknown.

    Parameters
    ----------
    provider : str or None
        Its name in the price list.
    own : Prices or None
        The user's own prices, which count for more.
    free : bool
        The server is the user's own.

    Examples
    --------
    >>> cost(None, "any", 1_000_000, None, 0, own=Prices(tokens_in=2.0, tokens_out=8.0))
    2.0
    >>> cost(None, "any", 10, None, 10) is None
    True
    """
    if own is not None:
        if tokens_in is None or tokens_out is None:
            return None
        cached = tokens_cached or 0
        a_cached = own.tokens_in if own.tokens_cached is None else own.tokens_cached
        return ((tokens_in - cached) * own.tokens_in + cached * a_cached + tokens_out * own.tokens_out) / MILLION
    if free:
        return 0.0
    if provider is None or tokens_in is None or tokens_out is None:
        return None
    from genai_prices import Usage, calc_price

    try:
        usage = Usage(input_tokens=tokens_in, cache_read_tokens=tokens_cached or 0, output_tokens=tokens_out)
        return float(calc_price(usage, model, provider_id=provider).total_price)
    except (LookupError, ValueError):
        return None
