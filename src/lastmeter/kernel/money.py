"""Money: integer minor units and an ISO 4217 currency; no float ever holds an amount."""

from __future__ import annotations

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title

# ISO 4217 currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}
_SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "BRL": "R$", "JPY": "¥", "HKD": "HK$", "TWD": "NT$"}


def exponent(currency: str) -> int:
    """How many decimals a currency has: 2 for CNY, 0 for JPY, 3 for KWD.

    Raises:
        LastMeterError: `money.currency` if it is not three capital letters.
    """
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise LastMeterError(
            "money.currency",
            Title("不认识的币种“{currency}”", "Unknown currency “{currency}”"),
            Title("请用 ISO 4217 代码，例如 CNY", "Use an ISO 4217 code such as CNY"),
            currency=currency,
        )
    return _EXPONENTS.get(currency, 2)


def money_text(minor: int, currency: str, lang: Lang) -> str:
    """An amount as people read it: ¥1,234.50 in both languages, with the code where no sign is known."""
    decimals = exponent(currency)
    digits = f"{abs(minor) / 10**decimals:,.{decimals}f}" if abs(minor) < 10**15 else f"{abs(minor) // 10**decimals:,}"
    sign = "\u2212" if minor < 0 else ""
    known = _SIGNS.get(currency)
    if known:
        return f"{sign}{known}{digits}"
    return f"{sign}{digits} {currency}" if lang == "en" else f"{sign}{digits}{currency}"
