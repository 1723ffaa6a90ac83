"""The headers that the configuration names for the days of a team's own stages, held against the files of leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelkit.errors import ConfigError, did_you_mean, raise_all
from funnelkit.stagecolumns import stage_day

if TYPE_CHECKING:
    from funnelkit.config import Config
    from funnelkit.sources.loaded import Loaded


def check(files: Sequence[Loaded], config: Config) -> None:
    """Raise ConfigError for every stage whose day no file of leads has: its numbers would be of nobody."""
    leads = [file for file in files if file.table == "leads"]
    if leads:
        raise_all(list(_missing(leads, config)))


def _missing(leads: Sequence[Loaded], config: Config) -> Iterator[ConfigError]:
    headers = [header for file in leads for header in file.export.header]
    for step in config.stages.own:
        if step.dates and not any(stage_day(step.name) in file.export.kind.columns for file in leads):
            wanted = " or ".join(map(repr, step.dates))
            yield ConfigError(
                f"{config.locate('stages')}: no file of leads has the column {wanted}, by which the stage {step.name} is told",
                hint=did_you_mean(step.dates[0], headers),
            )
