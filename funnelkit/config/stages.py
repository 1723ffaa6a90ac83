"""The key about the stages of the funnel: which are shown, which of them are optional, and which a team has of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from funnelkit.agreements import Step
from funnelkit.config.containers import Field, Record, Several
from funnelkit.config.reading import Place, Reading
from funnelkit.config.scalars import Flag
from funnelkit.config.words import Text
from funnelkit.errors import did_you_mean
from funnelkit.metrics.stages import LABELS, RANK, STAGES, USUAL, Path

if TYPE_CHECKING:
    from yaml import Node

_NAME = re.compile("[a-z][a-z0-9_]*")
_TAKEN = ("rejected", "unclear")
"""What a lead's status says that is no stage."""
_word = Text(loose=True)

STEP = Record(
    short="name",
    fields={
        "name": Field(_word, "lead, mql, sal, sql, opportunity, customer, or a stage of your own.", required=True),
        "label": Field(Text(), "How reports call it."),
        "words": Field(
            Several(of=_word, single=True), "What the status or stage of a lead says that is in a stage of your own."
        ),
        "date": Field(
            Several(of=_word, single=True), "The header of the day on which a lead entered a stage of your own.",
            attribute="dates",
        ),
        "optional": Field(Flag(), "Leads may go another way: nobody skips it, and the next rate is of the stage before."),
    },
)  # fmt: skip


class Stages(Several, frozen=True, kw_only=True):
    """The stages in their order; each makes sense beside the others."""

    def read(self, node: Node, place: Place, seen: Reading) -> Any:
        """What is said of each stage."""
        found = super().read(node, place, seen) or ()
        for number, step in enumerate(found):
            if step.get("name") and (problem := _problem(step)):
                seen.note_at((*place, number), *problem)
        names = [step["name"] for step in found if step.get("name")]
        known = [name for name in names if name in RANK]
        for name in (name for number, name in enumerate(names) if name in names[:number]):
            seen.note_at(place, f"stages has the text {name!r} twice")
        if known != sorted(known, key=lambda name: RANK[name]):
            seen.note_at(place, "the stages are not in their order", f"It is {', '.join(STAGES)}.")
        ends = {"lead": names[1:], "customer": names[:-1]}
        for name in (name for name, others in ends.items() if name in others):
            which = "first" if name == "lead" else "last"
            seen.note_at(place, f"{name} is not the {which} of the stages", f"It is the {which} one always.")
        _one_meaning(found, place, seen)
        return found


def _problem(step: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with one stage by itself, and its remedy."""
    name = step["name"]
    if name in RANK:
        if said := [key for key in ("words", "dates") if step.get(key)]:
            key = "columns" if said[0] == "dates" else "values"
            return f"stages: {name} is a stage that funnelkit knows", f"Say under `{key}` of the source how the file tells it."  # fmt: skip
        if step.get("optional") and name in (STAGES[0], STAGES[-1]):
            return f"stages: {name} cannot be optional", "Every way leads from lead to customer."
        return None
    if step.keys() == {"name"}:
        hint = did_you_mean(name, STAGES)
        own = f"Of a stage of your own say how the file tells it: {{name: {name}, words: [...]}} or date: HEADER."
        return f"there is no stage {name!r}", f"{hint} {own}" if hint.startswith("Did") else own
    if not _NAME.fullmatch(name):
        return f"stages: the name {name!r} is not of small letters, digits and _", "Give it a label besides."
    if name in _TAKEN:
        return f"stages: {name!r} is what a status says that is no stage", "Choose another name."
    if not (step.get("words") or step.get("dates")):
        return f"stages: nothing says how a file tells {name}", "Add words: [...], or date: HEADER."
    return None


def _one_meaning(found: Sequence[Mapping[str, Any]], place: Place, seen: Reading) -> None:
    """No word and no header stands for two stages."""
    for key in ("words", "dates"):
        first: dict[str, str] = {}
        for number, step in enumerate(found):
            for word in step.get(key, ()):
                other = first.setdefault(word.lower(), step.get("name", ""))
                if other != step.get("name", ""):
                    seen.note_at((*place, number), f"stages gives {word!r} to {other!r} and to {step['name']!r}", "It can mean one stage only.")  # fmt: skip


STAGE_LIST = Stages(of=STEP)


def path(values: Sequence[Mapping[str, Any]]) -> Path:
    """The way of leads that checked *values* describe: a stage of one's own comes right before the next one listed."""
    said = {step["name"]: _step(step) for step in values}
    order: list[str] = []
    waiting: list[str] = []
    for name in said:
        if name in RANK:
            order += [*(known for known in STAGES[: RANK[name]] if known not in order), *waiting, name]
            waiting = []
        else:
            waiting.append(name)
    rest = [known for known in STAGES if known not in order]
    order += [*rest[:-1], *waiting, *rest[-1:]]
    usual = {step.name: step for step in USUAL.steps}
    return Path(steps=tuple(said.get(name) or usual[name] for name in order), shown=tuple(said))


def _step(said: Mapping[str, Any]) -> Step:
    name = said["name"]
    label = said.get("label") or LABELS.get(name) or name.replace("_", " ").capitalize()
    return Step(**{**said, "label": label})
