"""The normal form of a word, so that every spelling of a header or a channel meets the same entry.

Two forms. `normalise` is for header words and status words: readable, words parted by one space.
`compact` is for channel words, where ``PaidSearch``, ``paid-search`` and ``(Paid Search)`` are one
thing: letters and digits only. Accents stay in both, because they tell words apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

CURRENCIES = frozenset(
    "AED AFN AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD "
    "HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL "
    "LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP "
    "PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
    "TND TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL".split()
)
"""ISO 4217 codes that stand in brackets behind a header. ALL and TOP are left out: there they are words."""

CURRENCY_SIGNS: Mapping[str, str] = {
    "€": "EUR", "£": "GBP", "R$": "BRL", "US$": "USD", "$": "USD", "CA$": "CAD", "C$": "CAD", "A$": "AUD", "AU$": "AUD",
    "¥": "JPY", "₹": "INR", "Rs": "INR", "Rs.": "INR", "₩": "KRW", "zł": "PLN", "Kč": "CZK", "kr": "SEK", "kr.": "DKK",
    "₺": "TRY", "₽": "RUB", "฿": "THB", "₫": "VND", "đ": "VND", "₪": "ILS", "₱": "PHP", "CHF": "CHF", "Fr.": "CHF",
    "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "MX$": "MXN", "R": "ZAR", "Rp": "IDR", "Rp.": "IDR", "RM": "MYR",
    "Mex$": "MXN", "NT$": "TWD", "S/": "PEN", "S/.": "PEN", "TL": "TRY", "KSh": "KES", "Ksh": "KES", "₴": "UAH", "₦": "NGN",
    "₵": "GHS", "GH₵": "GHS", "₡": "CRC", "₲": "PYG", "₸": "KZT", "₮": "MNT", "₼": "AZN", "₾": "GEL", "৳": "BDT", "zl": "PLN",
    "Ft": "HUF", "lei": "RON", "руб": "RUB", "руб.": "RUB", "лв": "BGN", "лв.": "BGN", "грн": "UAH", "грн.": "UAH",
}  # fmt: skip
"""Signs beside an amount -> the code that they stand for."""

_CURRENCY_NAMES = {
    name: code
    for code, names in {
        "EUR": "euro, euros, €uro",
        "USD": "us dollar, us dollars, u.s. dollar, united states dollar, us-dollar, dollar us, dólar estadounidense, "
        "dólar americano, dólar dos eua, dollaro statunitense, amerikaanse dollar",
        "GBP": "pound sterling, british pound, pounds sterling, great british pound, uk pound, britisches pfund, "
        "pfund sterling, livre sterling, libra esterlina, sterlina, sterlina britannica, brits pond",
        "CHF": "swiss franc, swiss francs, schweizer franken, franken, franc suisse, franco suizo, franco svizzero, "
        "franco suíço, zwitserse frank",
        "CAD": "canadian dollar, kanadischer dollar, dollar canadien, dólar canadiense, dólar canadense",
        "AUD": "australian dollar, australischer dollar, dollar australien, dólar australiano",
        "NZD": "new zealand dollar",
        "JPY": "japanese yen, yen, 円",
        "SEK": "swedish krona, svensk krona, svenska kronor",
        "NOK": "norwegian krone, norsk krone",
        "DKK": "danish krone, dansk krone, danske kroner",
        "PLN": "polish zloty, złoty, zloty",
        "CZK": "czech koruna, koruna česká",
        "BRL": "brazilian real, real brasileiro, real, reais",
        "MXN": "mexican peso, peso mexicano",
        "INR": "indian rupee, indian rupees",
        "ZAR": "south african rand",
        "SGD": "singapore dollar",
        "AED": "uae dirham",
    }.items()
    for name in names.split(", ")
}
"""Currencies as tools and people write them out."""

_SHARED = {
    "$": "USD AUD ARS BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD "
    "UYU XCD",
    "£": "GBP EGP FKP GIP LBP SHP SSP SYP", "¥": "JPY CNY", "kr": "SEK DKK NOK ISK", "kr.": "DKK SEK NOK ISK",
    "Rs": "INR LKR MUR NPR PKR SCR", "Rs.": "INR LKR MUR NPR PKR SCR", "₩": "KRW KPW", "лв": "BGN KGS UZS", "Fr.": "CHF XAF XOF",
    "C$": "CAD NIO", "lei": "RON MDL", "руб": "RUB BYN", "руб.": "RUB BYN",
}  # fmt: skip
"""Signs that several currencies have."""

_UNIT = rf"""(?x)[(\[]\s*(?:(?:in|en|em)\s+)?(?:
        {"|".join(sorted(CURRENCIES))} | (?:[A-Z]{{1,3}})?[$€£¥₹₽₺₩₫₪]
        | [^()\[\]]*\b(?:UTC|GMT|EST|EDT|CST|CDT|MST|MDT|PST|PDT|CET|CEST|BST|IST|JST)\b[^()\[\]]*
        | [^()\[\]]*\b(?:[Tt]ime\ ?zone|Zeitzone|fuseau|huso|fuso)\b[^()\[\]]*
        | (?:Africa|America|Asia|Atlantic|Australia|Europe|Pacific)/[\w/]+
    )\s*[)\]]"""
"""Compiled where a text has brackets at all: it takes as long as recognising a file."""
_CUSTOM_FIELD = re.compile(r"__p?[cr](?![a-zA-Z0-9])")
_CAMEL = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]s(?![a-z]))")
_SEPARATORS = re.compile(r"(?:[^\w%#']|_|(?<!\w)'|'(?!\w))+")
_DECORATION = re.compile(r"[^\w+]|_")
_ARROWS = dict.fromkeys(map(ord, "↑↓▲▼"))
_QUOTES = str.maketrans("’‘ʼ´`", "'''''")
_TWICE_ENCODED = re.compile("[ÂÃÄÅâ][^A-Za-z0-9]")


def normalise(text: str) -> str:
    """The header or status word *text* in lower case, its words parted by one space.

    Brackets that hold a currency or a time zone go; other brackets say which column it is and
    stay as words, since "Clicks (all)" is not "Clicks".

    >>> normalise("Amount spent (USD)"), normalise("Start Date (in UTC)"), normalise("Clicks (all)")
    ('amount spent', 'start date', 'clicks all')
    >>> normalise("ConvertedOpportunity.External_Id__c"), normalise("Deal - Won time")
    ('converted opportunity external id', 'deal won time')
    >>> normalise("NegÃ³cio - Funil"), normalise("Impr."), normalise("Probability (%)")
    ('negócio funil', 'impr', 'probability %')
    """
    text = _composed(text)
    if "(" in text or "[" in text:
        text = re.sub(_UNIT, " ", text)
    text = _CUSTOM_FIELD.sub(" ", text).strip()
    # Names of an API have no spaces; "LinkedIn Ads" and "HubSpot score" are not to be split.
    if not re.search(r"\s", text):
        text = _CAMEL.sub(" ", text)
    return _SEPARATORS.sub(" ", _folded(text)).strip()


def currency_code(text: str) -> str | None:
    """The ISO code that a sign or a code beside an amount stands for, or None.

    >>> currency_code("R$"), currency_code("usd"), currency_code("US Dollar"), currency_code("pcs")
    ('BRL', 'USD', 'USD', None)
    """
    if text in CURRENCY_SIGNS:
        return CURRENCY_SIGNS[text]
    code = text.upper() if text.upper() in CURRENCIES else None
    return code or _CURRENCY_NAMES.get(" ".join(text.casefold().split()))


def may_stand_for(sign: str, code: str) -> bool:
    """Whether *sign* beside an amount may mean the currency *code*.

    >>> may_stand_for("$", "MXN"), may_stand_for("R$", "USD")
    (True, False)
    """
    return currency_code(sign) == code or code in _SHARED.get(sign, "").split()


def compact(text: str) -> str:
    """The channel word *text* as lower-case letters and digits alone, without any separator.

    >>> compact("Paid Search") == compact("PAID_SEARCH") == compact("paid-search") == "paidsearch"
    True
    >>> compact("(direct)"), compact("LinkedIn"), compact("l.facebook.com")
    ('direct', 'linkedin', 'lfacebookcom')
    """
    return _DECORATION.sub("", _folded(_composed(text)))


def repaired(text: str) -> str:
    """*text* with UTF-8 that was once read as cp1252 or latin-1 put right, else unchanged.

    >>> repaired("Montant dÃ©pensÃ©"), repaired("SÃO PAULO")
    ('Montant dépensé', 'SÃO PAULO')
    """
    if _TWICE_ENCODED.search(text):
        for encoding in ("cp1252", "latin-1"):
            try:
                return text.encode(encoding).decode("utf-8")
            except UnicodeError:
                continue
    return text


def _composed(text: str) -> str:
    # Repair comes first: NFKC would turn the second half of a broken letter into another character.
    return unicodedata.normalize("NFKC", repaired(text)).replace("\ufeff", "").translate(_QUOTES)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """The header *text* for comparison with a preset's: case and runs of blanks do not count.

    >>> fold("Amount  Spent (EUR)") == fold("amount spent (eur)"), fold("Stage  ↑")
    (True, 'stage')
    """
    if text.isascii():
        # Nothing to put together or to fold but capitals; thousands of names are compared at every start.
        return " ".join(text.lower().replace("`", "'").split())
    # An arrow behind a header says how the rows are sorted or grouped.
    return " ".join(_folded(_composed(text)).translate(_ARROWS).split())
