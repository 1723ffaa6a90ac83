"""Channels: else spend and leads of one channel stand on two lines, or paid ones count as free."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from funnelkit.dimensions import BLANK
from funnelkit.errors import ConfigError
from funnelkit.sources import channels
from funnelkit.words import compact

CHANNELS = channels.load()

PAID = [
    *("paid_search", "paid_social", "paid_video", "paid_shopping", "display", "paid_other", "affiliates"),
    *("audio", "cross_network", "direct_mail", "telemarketing", "events"),
]
UNPAID = [
    *(
        "direct",
        "organic_search",
        "organic_social",
        "organic_video",
        "organic_shopping",
        "email",
        "sms",
        "push",
    ),
    *("referral", "cold_call", "partners"),
]

GA4 = [
    # Direct: source (direct) and no medium.
    ("(direct)", "(none)", "direct"),
    ("(direct)", "(not set)", "direct"),
    # Paid X: source of kind X, and a medium like cp*, ppc, retargeting, paid*.
    ("amazon.com", "cpc", "paid_shopping"),
    ("ebay", "paid", "paid_shopping"),
    ("google", "cpc", "paid_search"),
    ("bing", "ppc", "paid_search"),
    ("duckduckgo", "paid-search", "paid_search"),
    ("google", "cpm", "paid_search"),
    ("yahoo", "retargeting", "paid_search"),
    ("facebook", "cpc", "paid_social"),
    ("facebook", "paid_search", "paid_social"),
    ("linkedin.com", "paid", "paid_social"),
    ("instagram", "paidsocial", "paid_social"),
    ("youtube", "cpv", "paid_video"),
    ("vimeo.com", "paid_video", "paid_video"),
    # Display by medium alone; Paid Other for a paid medium at any other source.
    ("news.example", "display", "display"),
    ("facebook", "banner", "display"),
    ("google", "display", "display"),
    ("news.example", "cpm", "display"),
    ("news.example", "interstitial", "display"),
    ("news.example", "cpc", "paid_other"),
    ("capterra", "ppc", "paid_other"),
    ("blog.example", "paid", "paid_other"),
    # Organic X: source of kind X or its medium, in the order shopping, social, video, search.
    ("amazon.co.uk", "referral", "organic_shopping"),
    ("google", "social", "organic_social"),
    ("m.facebook.com", "referral", "organic_social"),
    ("l.instagram.com", "referral", "organic_social"),
    ("t.co", "referral", "organic_social"),
    ("buffer", "social-media", "organic_social"),
    ("somebody", "sm", "organic_social"),
    ("youtube.com", "referral", "organic_video"),
    ("somebody", "video", "organic_video"),
    ("google", "organic", "organic_search"),
    ("www.google.co.uk", "referral", "organic_search"),
    ("uk.search.yahoo.com", "referral", "organic_search"),
    ("anything", "organic", "organic_search"),
    # By medium alone.
    ("blog.example", "referral", "referral"),
    ("partner.example", "link", "referral"),
    ("some.app", "app", "referral"),
    ("list", "email", "email"),
    ("list", "e-mail", "email"),
    ("list", "e_mail", "email"),
    ("email", "june", "email"),
    ("coupons.example", "affiliate", "affiliates"),
    ("spotify", "audio", "audio"),
    ("shop", "sms", "sms"),
    ("sms", "", "sms"),
    ("shop", "push", "push"),
    ("firebase", "", "push"),
    ("shop", "notification", "push"),
]

PLATFORM_WORDS = {
    "paid_search": ["Google Ads", "AdWords", "google / cpc", "Bing Ads"],
    "paid_social": ["Facebook Ads", "FacebookAds", "FB Ads", "LinkedIn Ads", "facebook / cpc"],
}

WORDS = {
    "direct": ["Direct", "Direct Traffic", "direct_traffic", "DIRECT_TRAFFIC", "(direct) / (none)", "Direkt"],
    "organic_search": ["Organic Search", "ORGANIC_SEARCH", "organic_search", "SEO", "Google Natural Search"],
    "paid_search": ["Paid Search", "PAID_SEARCH", "paid-search", "PaidSearch", "PPC", "Bezahlte Suche"],
    "organic_social": ["Organic Social", "organic-social"],
    "paid_social": ["Paid Social", "paid_social"],
    "display": ["Display", "Banner Ads"],
    "paid_other": ["Paid Other", "Advertisement", "Other advertising"],
    "affiliates": ["Affiliate", "Affiliates", "Awin"],
    "email": ["Email", "E-Mail", "Email Marketing", "EMAIL_MARKETING", "Newsletter", "newsletter / email"],
    "sms": ["SMS"],
    "push": ["Mobile Push Notifications"],
    "audio": ["Podcast", "Audio"],
    "cross_network": ["Cross-network", "Performance Max"],
    "referral": ["Referral", "Referrals", "REFERRALS", "Word of mouth", "Employee Referral", "Empfehlung"],
    "direct_mail": ["Direct mail"],
    "telemarketing": ["Telemarketing"],
    "events": ["Trade Show", "Webinar", "Conference", "Messe", "Salon professionnel", "Feria", "Fiera"],
    "cold_call": ["Cold Call", "cold calling", "Kaltakquise"],
    "partners": ["Partner", "Partners", "Reseller", "Parceiro"],
}

UNSETTLED = [
    *("unknown", "social", "other", "Other Campaigns", "Offline Sources", "Unassigned", "Website"),
    *("other_publicities", "google", "LinkedIn", "m.facebook.com", "Inside Sales", "Khác"),
]
SOCIAL_PLATFORMS = [
    *(
        "Meta",
        "Meta Ads",
        "Facebook",
        "Facebook Ads",
        "instagram",
        "audience_network",
        "LinkedIn",
        "LinkedIn Ads",
    ),
    *("TikTok", "TikTok Ads", "X", "X Ads", "Twitter Ads", "Pinterest", "Reddit", "Reddit Ads", "Snapchat"),
]


@pytest.mark.parametrize(("source", "medium", "expected"), GA4)
def test_source_and_medium_follow_the_published_default_channel_rules(
    source: str, medium: str, expected: str
) -> None:
    assert CHANNELS.classify(source, medium) == expected
    assert CHANNELS.classify(source.upper(), f" {medium.title()} ") == expected


@pytest.mark.parametrize(
    ("expected", "word"),
    [
        (channel, word)
        for table in (WORDS, PLATFORM_WORDS)
        for channel, words in table.items()
        for word in words
    ],
)
def test_a_word_means_its_channel_as_channel_and_as_source(expected: str, word: str) -> None:
    assert CHANNELS.classify(channel=word) == expected
    assert CHANNELS.classify(source=word) == expected


@pytest.mark.parametrize("word", UNSETTLED)
def test_words_that_do_not_settle_the_channel_stay_as_written(word: str) -> None:
    assert CHANNELS.classify(source=f"  {word} ") == word
    assert CHANNELS.classify(channel=word) == word


@pytest.mark.parametrize("blank", ["", "   ", "-", "--", "(not set)", "N/A"])
def test_no_word_at_all_is_blank(blank: str) -> None:
    assert CHANNELS.classify(blank, blank, blank, blank, blank) == BLANK
    assert CHANNELS.classify(medium="(none)") == BLANK


def test_blank_and_unknown_are_two_things() -> None:
    assert CHANNELS.classify("unknown") != CHANNELS.classify("")


@pytest.mark.parametrize(
    ("campaign_type", "expected"),
    [
        ("Search", "paid_search"),
        ("Performance Max", "cross_network"),
        ("Display", "display"),
        ("Video", "paid_video"),
        ("Shopping", "paid_shopping"),
        ("Demand Gen", "cross_network"),
        ("App", "cross_network"),
        ("Smart", "cross_network"),
        ("Desempenho máximo", "cross_network"),
        ("", "paid_search"),
        ("--", "paid_search"),
        ("Hologram", "Hologram"),
    ],
)
def test_the_campaign_type_decides_on_a_platform_with_several_networks(
    campaign_type: str, expected: str
) -> None:
    assert CHANNELS.classify(campaign_type=campaign_type, platform="Google Ads") == expected
    assert CHANNELS.classify(source="Google Ads", campaign_type=campaign_type, medium="") == expected
    if campaign_type.isascii() and expected != "Hologram":
        assert CHANNELS.classify(campaign_type=campaign_type, platform="Microsoft Advertising") == expected


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("Google Ads", "paid_search"),
        ("Microsoft Ads", "paid_search"),
        ("Awin", "affiliates"),
        *((name, "paid_social") for name in SOCIAL_PLATFORMS),
    ],
)
def test_a_platform_has_a_default_whatever_its_campaigns_are_called(platform: str, expected: str) -> None:
    assert CHANNELS.classify(platform=platform) == expected
    assert CHANNELS.classify(source="facebook", platform=platform) == expected
    if expected == "paid_social":
        assert CHANNELS.classify(platform=platform, campaign_type="Sponsored Update") == expected
        assert CHANNELS.classify(platform=platform, campaign_type="Video") == expected


def test_the_strongest_evidence_wins() -> None:
    assert CHANNELS.classify("google", "organic", channel="Email") == "email"
    assert CHANNELS.classify("facebook", "cpc", channel="Social") == "paid_social"
    assert CHANNELS.classify("facebook", "cpc", channel="Facebook") == "paid_social"
    assert CHANNELS.classify("google", "cpc", channel="Our own word") == "Our own word"
    assert CHANNELS.classify("Trade Show", "referral") == "referral"
    assert CHANNELS.classify("Trade Show", platform="Google Ads") == "events"
    assert CHANNELS.classify("facebook", "social", platform="Meta Ads") == "paid_social"
    assert CHANNELS.classify(medium="cpc", platform="Meta Ads") == "paid_social"
    assert CHANNELS.classify("spring sale", "cpc", platform="Google Ads") == "paid_search"
    assert CHANNELS.classify("youtube", "cpv", platform="Google Ads") == "paid_video"
    assert CHANNELS.classify("google", "cpc", platform="Google Ads", campaign_type="Display") == "display"


@given(
    st.lists(
        st.text(max_size=12) | st.sampled_from(["google", "cpc", "+", "a / b", "."]), min_size=5, max_size=5
    )
)
def test_a_channel_is_one_of_the_list_or_a_cell_as_it_stands(cells: list[str]) -> None:
    answer = CHANNELS.classify(*cells)
    assert answer in {*PAID, *UNPAID, BLANK} or answer in {cell.strip() for cell in cells}


@pytest.mark.parametrize("word", ["unpaid social", "non-paid", "prepaid card"])
def test_a_medium_is_not_paid_because_paid_is_a_part_of_it(word: str) -> None:
    assert CHANNELS.classify("facebook", word) == "organic_social"


def test_services_on_the_domain_of_a_search_engine_are_not_its_search() -> None:
    assert CHANNELS.classify("mail.yahoo.com", "referral") == "referral"
    assert CHANNELS.classify("google.example.com", "referral") == "referral"


def test_the_words_of_the_user_win_and_may_name_new_channels() -> None:
    own = channels.load({"Paid Search": ["google-ads", "sem", "google"], "Community": ["Slack"]})
    assert own.classify("google") == "paid_search"
    assert own.classify("GOOGLE", "organic") == "paid_search"
    assert own.classify("slack", "referral") == "Community"
    assert own.classify(channel="community") == "Community"
    assert own.classify("bing", "organic") == "organic_search"
    assert CHANNELS.classify("slack", "referral") == "referral"


def test_a_pair_of_source_and_medium_can_be_named_by_the_user() -> None:
    own = channels.load({"partners": ["acme / email"]})
    assert own.classify("acme", "email") == own.classify("acme / email") == "partners"
    assert own.classify("other list", "email") == "email"


def test_naming_words_for_a_channel_leaves_the_rest_of_it_alone() -> None:
    own = channels.load({"referral": ["friends of friends"]})
    assert own.classify("facebook", "referral") == "organic_social"


def test_a_word_under_two_channels_of_the_user_is_refused() -> None:
    with pytest.raises(ConfigError, match="'SEM' stands under both paid_search and display"):
        channels.load({"paid_search": ["sem"], "display": ["SEM"]})
    with pytest.raises(ConfigError, match="no letter or digit"):
        channels.load({"direct": ["--"]})


@pytest.mark.parametrize(("names", "paid"), [(PAID, True), (UNPAID, False), (["social", "unknown"], False)])
def test_paid_channels_are_those_that_somebody_paid_for(names: list[str], paid: bool) -> None:
    assert {name: channels.is_paid(name) for name in names} == dict.fromkeys(names, paid)


def test_the_list_of_channels_is_closed_and_no_word_stands_twice() -> None:
    document = yaml.safe_load((files("funnelkit.sources") / "channels.yaml").read_text("utf-8"))
    assert set(document["channels"]) == {*PAID, *UNPAID}
    for name, section in document.items():
        words = section if name == "vague" else ", ".join(section.values())
        keys = [compact(word) for word in words.split(", ")]
        # The loader does no more than this, so the file has to be in lower case and without punctuation.
        assert keys == words.replace(" ", "").replace(".", "").split(",")
        assert sorted(keys) == sorted(set(keys)), f"twice in {name}: {[k for k in keys if keys.count(k) > 1]}"
    for name in ("platforms", "campaign_types"):
        assert set(document[name]) <= set(document["channels"])
    settled = {compact(word) for words in document["channels"].values() for word in words.split(", ")}
    assert not settled & set(map(compact, document["vague"].split(", ")))


def test_every_channel_is_a_word_for_itself() -> None:
    for name in [*PAID, *UNPAID]:
        assert CHANNELS.classify(channel=name) == CHANNELS.classify(source=name) == name
