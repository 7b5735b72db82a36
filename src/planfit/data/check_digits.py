"""Numbers that bear out by their own digits that they are what they look like."""

from __future__ import annotations

import re


def has_card_check(text: str) -> bool:
    """Return whether a text is a payment card's number (ISO/IEC 7812), by its first digit, length and Luhn check.

    Examples
    --------
    >>> has_card_check("4111 1111 1111 1111"), has_card_check("4111 1111 1111 1112")
    (True, False)
    """
    digits = re.sub(r"[ -]", "", text)
    if not digits.isascii() or not digits.isdigit() or not 13 <= len(digits) <= 19 or digits[0] not in "23456":
        return False
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = 2 * digit if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def has_account_check(text: str) -> bool:
    """Return whether a text is an IBAN, by its check digits (ISO 7064, modulo 97).

    Examples
    --------
    >>> has_account_check("GB82 WEST 1234 5698 7654 32"), has_account_check("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    plain = text.replace(" ", "").upper()
    if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", plain) is None:
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def has_tax_check(text: str) -> bool:
    """Return whether eleven digits are a Brazilian CPF or a Polish PESEL, by their check digits.

    Examples
    --------
    >>> has_tax_check("52998224725"), has_tax_check("44051401359"), has_tax_check("12345678901")
    (True, True, False)
    """
    if re.fullmatch(r"\d{11}", text) is None or len(set(text)) == 1:
        return False
    digits = [int(sign) for sign in text]
    first = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) * 10 % 11 % 10
    second = sum(digit * weight for digit, weight in zip(digits, range(11, 1, -1), strict=False)) * 10 % 11 % 10
    weighted = sum(digit * weight for digit, weight in zip(digits, (1, 3, 7, 9) * 3, strict=False) if digit or weight)
    pesel = (10 - (weighted - digits[10] * 7) % 10) % 10
    return (first, second) == (digits[9], digits[10]) or pesel == digits[10]
