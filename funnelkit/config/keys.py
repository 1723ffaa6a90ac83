"""The keys of funnelkit.yaml, declared once: the reader and the JSON Schema both come from here."""

from __future__ import annotations

from decimal import Decimal

from funnelkit.config import texts
from funnelkit.config.across import columns_of_table, names_apart, one_alert, one_meaning
from funnelkit.config.agreed import RULES, SLA
from funnelkit.config.containers import Field, Keyed, Record, Several
from funnelkit.config.own import Presets
from funnelkit.config.scalars import Figure, Flag, Share, Value, Whole
from funnelkit.config.stages import STAGE_LIST
from funnelkit.config.words import Choice, File, Pattern, Text
from funnelkit.dimensions import DIMENSIONS
from funnelkit.goals import CONTROL, DIRECTIONS
from funnelkit.metrics.entries import CHANCES
from funnelkit.metrics.language import ANCHORS
from funnelkit.metrics.stages import ENTRIES
from funnelkit.periods import GRAINS
from funnelkit.periods.days import NAMED_BY, PATTERNS, WEEK_NUMBERS, YEAR_ENDS
from funnelkit.tables import TABLES

_COLUMNS = tuple(dict.fromkeys(column for table in TABLES.values() for column in table.columns))

_word = Text(loose=True)
_words = Several(of=_word, single=True)
_table = Choice(wanted="the name of a table", words=tuple(TABLES))
_column = Choice(wanted="the name of a column", words=_COLUMNS)
_identifier = Text(wanted="a name of small letters, digits and _", pattern="^[a-z][a-z0-9_]*$")
_timezone = Text(wanted="a time zone", check=texts.timezone)
_currency = Text(wanted="a currency code of three capital letters, such as EUR,", pattern="^[A-Z]{3}$")
_decimal = Choice(wanted="a decimal mark, '.' or ','", words=(".", ","))
_order = Choice(wanted="an order of day and month", words=("dmy", "mdy"))

COLUMN = Record(
    short="from",
    fields={
        "from": Field(_word, "The header of the column in the file.", required=True, attribute="source"),
        "format": Field(
            Text(check=texts.date_pattern), 'How its dates are written, as a strptime pattern: "%d/%m/%Y".'
        ),
        "order": Field(_order, "The order of day and month in its dates such as 03/04/2026."),
        "decimal": Field(_decimal, "The decimal mark of its numbers."),
    },
)

SOURCE = Record(
    check=columns_of_table,
    fields={
        "path": Field(Pattern(), "A file or a pattern such as exports/*.csv, relative to this file.", True),
        "table": Field(_table, "What a row of the file is. Found out where it is not said."),
        "preset": Field(Text(), "The preset that reads the file, as `funnelkit sources` lists them."),
        "columns": Field(Keyed(keys=_column, of=COLUMN), "Our column: the header in the file."),
        "values": Field(
            Keyed(keys=_column, of=Keyed(keys=_word, of=_words, check=one_meaning)),
            "Our column: our word: the words in the file.",
        ),
        "pinned": Field(
            Flag(),
            "Only `columns` are read, and a file that differs in them, or in the words of its status, is refused.",
        ),
        "unused": Field(
            Several(of=_word), "The other headers of the file; a pinned source tells new ones by it."
        ),
        "unclear": Field(
            Several(of=_word),
            "Words of the status or stage that may mean anything; others of a pinned source are new.",
        ),
        "timezone": Field(_timezone, "The zone of its time stamps that carry none."),
        "currency": Field(_currency, "The currency of its amounts, where no column has it."),
        "decimal": Field(_decimal, "The decimal mark of its numbers."),
        "date_order": Field(
            Choice(wanted="an order of day, month and year", words=("dmy", "mdy", "ymd")),
            "The order of day, month and year in dates such as 03/04/2026.",
        ),
        "sheet": Field(_word, "The sheet of a workbook."),
        "encoding": Field(Text(check=texts.encoding), "The encoding of a text file, such as cp1252."),
        "delimiter": Field(
            Text(wanted="one character", pattern="^.$"), 'What stands between cells; "\\t" is a tab.'
        ),
        "overlap": Field(
            Choice(wanted="the word last", words=("last",)),
            "last: where two files tell the same days differently, the last one holds.",
        ),
    },
)

CALENDAR = Record(
    fields={
        "week_start": Field(
            Choice(wanted="monday or sunday", words=("monday", "sunday")), "The first day of a week."
        ),
        "week_numbers": Field(
            Choice(wanted="iso or us", words=WEEK_NUMBERS), "us: week 1 is the one that holds 1 January."
        ),
        "fiscal_year_start": Field(Whole(low=1, high=12), "The month in which the fiscal year starts."),
        "named_by": Field(
            Choice(wanted="end or start", words=NAMED_BY),
            "Whether FY2026 ends or starts in 2026. It ends then, where nothing is said.",
        ),
        "pattern": Field(
            Choice(wanted="4-4-5, 4-5-4 or 5-4-4", words=PATTERNS),
            "Fiscal years of whole weeks: the weeks of the three periods of a quarter.",
        ),
        "year_end": Field(
            Choice(wanted="last or nearest", words=YEAR_ENDS),
            "With a pattern, the week that ends the year: the last whole one of the month before "
            "`fiscal_year_start`, or the one that ends nearest to the end of that month.",
        ),
    }
)

SPARK = Record(
    fields={
        "master": Field(Text(), "A Spark master or a Spark Connect URL."),
        "options": Field(Keyed(keys=_word, of=_word), "Options of the Spark session."),
    }
)

MEASURE = Record(
    one_of=("sum", "count"),
    fields={
        "table": Field(_table, "The table whose rows are added up.", required=True),
        "sum": Field(_identifier, "The column to add up."),
        "count": Field(Flag(only_true=True), "Count the rows."),
        "where": Field(
            Keyed(keys=_identifier, of=Several(of=Value(), single=True)),
            "Only rows where each of these columns has the value, or one of the values.",
        ),
        "date": Field(_identifier, "The date that puts a row into a period."),
        "label": Field(Text(), "How reports name it."),
    },
)

METRIC = Record(
    fields={
        "formula": Field(Text(), "Names of measures, numbers, + - * / and parentheses.", required=True),
        "label": Field(Text(), "How reports name it."),
        "unit": Field(
            Choice(wanted="a unit", words=("count", "money", "ratio", "multiple", "days", "number")),
            "How its values are shown; a ratio of 0.1 is 10 %.",
        ),
        "better": Field(
            Choice(wanted="higher, lower or none", words=("higher", "lower", "none")),
            "Which direction is good news.",
        ),
    }
)

_period = Text(loose=True, check=texts.period)
_segment = Text(loose=True, check=texts.segment)
_positive = Figure(low=Decimal(0))

TARGETS = Several(
    of=Record(
        fields={
            "metric": Field(_identifier, "The metric, as `funnelkit metrics` lists them.", required=True),
            "segment": Field(_segment, "Only these, as in channel=paid_search. Without it, everything."),
            "period": Field(_period, "The period, such as 2026-Q3 or this-month.", required=True),
            "value": Field(Figure(), "What it is to be: 120, 0.12 or 12 %.", required=True),
            "direction": Field(
                Choice(wanted="at least or at most", words=DIRECTIONS),
                "Which side of the target is good, where the metric does not say.",
            ),
            "tolerance": Field(_positive, "By how much of the target it may be missed and is met: 5 %."),
        }
    )
)

ALERT = Record(
    check=one_alert,
    fields={
        "name": Field(Text(), "How the check names it."),
        "metric": Field(_identifier, "The metric that is watched."),
        "segment": Field(_segment, "Only these, as in channel=paid_search."),
        "period": Field(_period, "Of which period, such as last-month. Else `period` of this file."),
        "above": Field(Figure(), "Raised where the metric is more than this."),
        "below": Field(Figure(), "Raised where the metric is less than this."),
        "rises": Field(_positive, "Raised where it is more by this share, such as 20 %, beyond noise."),
        "falls": Field(_positive, "Raised where it is less by this share, such as 20 %, beyond noise."),
        "against": Field(
            Choice(wanted="prev or yoy", words=("prev", "yoy")), "What it rises or falls against. prev."
        ),
        "behind_target": Field(Flag(only_true=True), "Raised where one of its targets is behind or missed."),
        "kind": Field(
            Choice(wanted="control", words=(CONTROL,)),
            "Raised where the last period that is over is out of the ordinary: a control chart.",
        ),
        "by": Field(
            Choice(wanted="a dimension", words=DIMENSIONS), "Whose segments the chart watches as well."
        ),
        "grain": Field(
            Choice(wanted="a grain", words=GRAINS), "The periods of the chart. `grain` of this file, or week."
        ),
        "table": Field(_table, "The table that must be loaded."),
        "older_than": Field(
            Whole(low=0, high=36500), "Days that may lie between its last date and the as-of date."
        ),
    },
)

FILE = Record(
    check=names_apart,
    fields={
        "timezone": Field(_timezone, "The zone in which days begin and end. UTC where nothing is said."),
        "currency": Field(_currency, "The currency of the report."),
        "rates": Field(File(), "Exchange rates: a file with date, from, to, rate."),
        "calendar": Field(CALENDAR, "When weeks and fiscal years start."),
        "as_of": Field(
            Text(check=texts.iso_date), "The last day that counts. Else the last date of the data."
        ),
        "period": Field(
            Text(loose=True, check=texts.period), "The period of the report, such as last-month."
        ),
        "by": Field(
            Several(of=Choice(wanted="a dimension", words=DIMENSIONS), single=True, distinct=True),
            "The dimensions of the breakdown.",
        ),
        "grain": Field(Choice(wanted="a grain", words=GRAINS), "The steps of the trend."),
        "compare": Field(
            Text(loose=True, check=texts.comparison),
            "What the period is compared with: prev, yoy or a period; several with commas.",
        ),
        "sources": Field(Several(of=SOURCE), "The files, and what has been decided about them."),
        "channels": Field(
            Keyed(keys=_word, of=_words, check=one_meaning), "Channel: the words that the files use for it."
        ),
        "stages": Field(STAGE_LIST, "The steps of the funnel, first to last, your own among them."),
        "stage_entry": Field(
            Choice(wanted="reached or strict", words=ENTRIES),
            "strict: only a day or status of its own puts a lead into a stage. reached.",
        ),
        "anchor": Field(
            Choice(wanted="cohort, event or close", words=ANCHORS),
            "What puts rates into a period. Leads are by cohort and win rates by close, where nothing is said.",
        ),
        "gross_margin": Field(Share(), "Gross margin as a share of revenue: 72 % is 0.72."),
        "discount": Field(
            Share(), "What money loses in value in a year, for customer lifetime value: 10 % is 0.1."
        ),
        "horizon": Field(Whole(low=1, high=36500), "Days that a lead gets to become a customer. 90."),
        "sla": Field(SLA, "The time within which sales answers a lead: 24 h, 30 min, 2 days. 24 h."),
        "qualification": Field(RULES, "The rule that makes an MQL of a lead, and its versions."),
        "brand": Field(
            Several(of=Text(loose=True, check=texts.brand), single=True),
            "The words by which a search names your brand, in each spelling that is more than capitals, accents or blanks.",
        ),
        "min_n": Field(Whole(low=0, high=10**9), "Groups with fewer entities are not ranked. 30."),
        "probability": Field(
            Choice(wanted="own, mature or crm", words=CHANCES),
            "Who says how likely an open deal is to be won: own history, the same with open deals, the CRM. own.",
        ),
        "drop_tests": Field(Flag(), "Set rows aside that look like tests."),
        "dedupe_emails": Field(
            Flag(), "Leads with the same e-mail address are one, created when the first was."
        ),
        "merge_unknown": Field(Flag(), "Blanks and words for unknown are one group, (unknown)."),
        "clamp_negative": Field(Flag(), "Durations below 0 count as 0; else they are left out of durations."),
        "gross": Field(Flag(), "Refunds are not taken off what customers paid: value, retention, cohorts."),
        "first_close": Field(Flag(), "A deal is closed when it first was, by the history of its stages."),
        "constant_currency": Field(
            Text(check=texts.iso_date), "All money is converted at the rate of this day, not of its own."
        ),
        "spark": Field(SPARK, "Where Spark runs."),
        "costs": Field(File(), "Other costs of sales and marketing: a file."),
        "targets": Field(File(), "Targets: a CSV or YAML file with metric, segment, period, value."),
        "alerts": Field(Several(of=ALERT), "What `funnelkit check` tells when it happens."),
        "presets": Field(Presets(), "Presets of your own: a folder of them, or each under its name."),
        "measures": Field(Keyed(keys=_identifier, of=MEASURE), "Sums and counts of your own."),
        "metrics": Field(Keyed(keys=_identifier, of=METRIC), "Metrics of your own."),
    },
)
