"""Source, medium, campaign type and platform words -> the channel of a report.

The rules are those of GA4's default channel group; the words are in channels.yaml. What the words
do not settle stays as it was written, and nothing is gathered under "other": a channel that
somebody can see and name in the config is better than one that is wrong in silence. So ``social``
or ``google`` without a medium keeps its own line, because it may be paid or not.

PyYAML is imported by the first `load`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from funnelkit import shipped
from funnelkit.dimensions import BLANK, NO_LEAD, PAID_CHANNELS, UNKNOWN
from funnelkit.errors import ConfigError
from funnelkit.styles import MISSING_TEXT
from funnelkit.words import compact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SEPARATORS = str.maketrans("", "", " .")
_PAIR = re.compile(r"(.+?)\s+/\s+(.+)", re.DOTALL)
_SITE_PREFIXES = frozenset({"www", "m", "mobile", "search", "images", "web", "lite"})
_OVERRULED = frozenset({"organic_search", "referral", "email", "affiliates", "audio", "sms", "push"})
"""Channels named by a medium that GA4 asks for only after it has looked at the kind of site."""


class Evidence(NamedTuple):
    """What a row says about its channel. Blank cells are empty strings."""

    channel: str = ""
    source: str = ""
    medium: str = ""
    campaign_type: str = ""
    platform: str = ""


class Channels(Struct, frozen=True, kw_only=True):
    """The words of channels.yaml and of the user, by their compact form."""

    own: Mapping[str, str]
    """The user's words: they win over all others."""
    words: Mapping[str, str]
    networks: Mapping[str, str]
    """Site -> search, social, video or shopping."""
    mediums: Mapping[str, str]
    platforms: Mapping[str, str]
    campaign_types: Mapping[str, str]
    vague: frozenset[str]
    _answers: dict[tuple[str, ...], str] = field(default_factory=dict)

    def classify(
        self,
        source: str = "",
        medium: str = "",
        campaign_type: str = "",
        platform: str = "",
        channel: str = "",
    ) -> str:
        """The canonical channel of a row, its own word where none is known, ``(blank)`` for no word.

        The name of a network given as *platform* stands for the ads bought there; as *source* it
        does not. So the source of a row of ad spend belongs in *platform*.

        >>> channels = load()
        >>> channels.classify("google", "cpc"), channels.classify(channel="Email Marketing")
        ('paid_search', 'email')
        >>> channels.classify("social"), channels.classify(platform="facebook"), channels.classify()
        ('social', 'paid_social', '(blank)')
        """
        cells = (channel, source, medium, campaign_type, platform)
        answer = self._answers.get(cells)
        if answer is None:
            answer = self._answers[cells] = self._decide(Evidence(*map(_text, cells)))
        return answer

    def knows(self, channel: str) -> bool:
        """Whether *channel* is one of the list or of the user's own, and not a word left as it was written."""
        return (
            channel in (BLANK, NO_LEAD, UNKNOWN)
            or channel in self.words.values()
            or channel in self.own.values()
        )

    def _decide(self, given: Evidence) -> str:
        row = self._arranged(given)
        return (
            self._by_user(given)
            or self._by_user(row)
            or self._by_channel(given.channel)
            or self._by_medium(row)
            or self.words.get(compact(row.source))
            or self._by_platform(row)
            or self._as_written(given)
        )

    def _arranged(self, given: Evidence) -> Evidence:
        """*given* with "source / medium" cells taken apart and without words that say nothing."""
        source, medium = given.source, given.medium
        if self._network(given.channel) and not source:
            source = given.channel
        pairs = (_PAIR.fullmatch(cell) for cell in (medium, source, given.channel))
        if not (source and medium) and (pair := next(filter(None, pairs), None)):
            source, medium = pair.groups()
        if compact(medium) in self.vague and compact(medium) not in self.mediums:
            medium = ""
        if compact(source) in self.vague:
            source = ""
        platform = given.platform or (source if compact(source) in self.platforms else "")
        return given._replace(source=source, medium=medium, platform=platform)

    def _by_user(self, row: Evidence) -> str | None:
        pair = f"{row.source} / {row.medium}"
        cells = (row.channel, pair, row.medium, row.source, row.campaign_type, row.platform)
        return next((self.own[key] for key in map(compact, cells) if key in self.own), None)

    def _by_channel(self, channel: str) -> str | None:
        """A word in a channel column is taken at its word, also one that nobody here knows."""
        key = compact(channel)
        if found := self.words.get(key) or self.platforms.get(key):
            return found
        if not channel or key in self.vague or self._network(channel) or _PAIR.fullmatch(channel):
            return None
        return channel

    def _by_medium(self, row: Evidence) -> str | None:
        key = compact(row.medium)
        if not key or self._type_decides(row):
            return None
        named, bears_on = self.words.get(key), self.mediums.get(key)
        if not row.source and not row.platform:
            return named
        if self._is_paid(row.medium):
            plain = bears_on is None or named == "display"
            return self._bought(row) or (named if plain else None) or "paid_other"
        if named and named not in _OVERRULED:
            return named
        return self._default(row.platform) or self._at_site(row.source, bears_on or named)

    def _bought(self, row: Evidence) -> str | None:
        """The channel of an ad by its site, else by its platform."""
        site = self._network(row.source)
        return f"paid_{site}" if site else self._default(row.platform)

    def _at_site(self, source: str, medium: str | None) -> str | None:
        """The channel of an unpaid visit, in GA4's order: shopping, social, video, search, medium."""
        site = self._network(source)
        for kind in ("shopping", "social", "video", "search"):
            if f"organic_{kind}" == medium or site == kind:
                return f"organic_{kind}"
        return medium

    def _by_platform(self, row: Evidence) -> str | None:
        default = self._default(row.platform)
        key = compact(row.campaign_type)
        if not key or key in self.vague or default not in (None, "paid_search"):
            return default or self.words.get(compact(row.platform))
        return self.campaign_types.get(key) or self.words.get(key)

    def _default(self, platform: str) -> str | None:
        site = self._network(platform)
        return self.platforms.get(compact(platform)) or (f"paid_{site}" if site else None)

    def _type_decides(self, row: Evidence) -> bool:
        """Whether the row is of a platform that sells several networks, and says which one."""
        known = compact(row.campaign_type) in self.campaign_types
        return known and self._default(row.platform) == "paid_search"

    def _is_paid(self, medium: str) -> bool:
        parts = re.findall(r"[^\W_]+", medium.casefold())
        return "".join(parts).startswith("paid") or any(self.mediums.get(part) == "paid" for part in parts)

    def _network(self, source: str) -> str | None:
        """The kind of site that *source* is, by its name or host name."""
        if found := self.networks.get(compact(source)):
            return found
        labels = source.casefold().split(".")
        for i in range(len(labels) - 1):
            if site := self._host(labels[i:]):
                # Subdomains of a search engine or shop are often other services: mail, cloud, accounts.
                inner = all(label in _SITE_PREFIXES or len(label) == 2 for label in labels[:i])
                return site if inner or site in ("social", "video") else None
        return None

    def _host(self, labels: Sequence[str]) -> str | None:
        name, *domains = labels
        # Short names such as x are words of many hosts; their domains stand in the list themselves.
        if len(name) > 2 and all(len(domain) <= 3 for domain in domains):
            labels = labels if compact("".join(labels)) in self.networks else [name]
        return self.networks.get(compact("".join(labels)))

    def _as_written(self, given: Evidence) -> str:
        cells = (given.channel, given.medium, given.source, given.campaign_type, given.platform)
        filled = [cell for cell in cells if cell and compact(cell) != "none"]
        # sorted() keeps the order of evidence: of equally telling words the first is taken.
        return next(iter(sorted(filled, key=self._says_little)), BLANK)

    def _says_little(self, word: str) -> int:
        key = compact(word)
        return 2 if key in self.vague else int(key in self.platforms)


def load(user: Mapping[str, Sequence[str]] | None = None) -> Channels:
    """The built-in words and those of *user*, ``{channel: [words]}``, whose channels may be new.

    >>> load({"Community": ["slack", "discord"]}).classify("Discord")
    'Community'
    """
    builtin = _builtin()
    names = {compact(name): name for name in set(builtin.words.values())}
    own: dict[str, str] = {}
    for name, words in (user or {}).items():
        channel = names.get(compact(name), name.strip())
        for word in words if compact(name) in names else (name, *words):
            _check(word, channel, own)
            own[compact(word)] = channel
    return replace(builtin, own=own, _answers={})


def _check(word: str, channel: str, own: Mapping[str, str]) -> None:
    key = compact(word)
    if not key:
        raise ConfigError(
            f"channels: {word!r} under {channel} holds no letter or digit",
            hint="Rows without any word count as (blank) and cannot be given a channel.",
        )
    if own.get(key, channel) != channel:
        raise ConfigError(
            f"channels: the word {word!r} stands under both {own[key]} and {channel}",
            hint="Leave it under one of them.",
        )


def is_paid(channel: str) -> bool:
    """Whether somebody paid for what came through the canonical *channel*."""
    return channel in PAID_CHANNELS


@cache
def _builtin() -> Channels:
    document = shipped.load("funnelkit.sources", "channels")

    def section(name: str) -> dict[str, str]:
        return {key: meaning for meaning, words in document[name].items() for key in _keys(words)}

    return Channels(
        own={},
        words={compact(name): name for name in document["channels"]} | section("channels"),
        networks=section("networks"),
        mediums=section("mediums"),
        platforms=section("platforms"),
        campaign_types=section("campaign_types"),
        vague=frozenset(_keys(document["vague"])),
    )


def _keys(words: str) -> list[str]:
    # The file is in lower case and composed, so that this is `compact` at a tenth of the cost.
    return words.translate(_SEPARATORS).split(",")


def _text(cell: str) -> str:
    text = cell.strip()
    return "" if text.casefold() in MISSING_TEXT else text
