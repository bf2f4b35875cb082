"""A draft as the text of `blueprints/KIND.toml`: each line says on how many journeys it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lastmeter.journeys.discovery.draft import FEW, Draft, LinkDraft, StepDraft
from lastmeter.journeys.discovery.human import human_span
from lastmeter.journeys.discovery.vocabulary import title_of_object
from lastmeter.kernel.titles import Title

VERSION = "1"


def to_toml(draft: Draft) -> str:
    """The blueprint file; it passes `blueprint check`."""
    lines = [
        f"# 由 lastmeter blueprint discover 从 {draft.cases:,} 个“{draft.title.zh}”的事件草拟。",
        "# 时限是现状的九成分位（往上取整），不是目标：请改成你们的标准，并给每条链路写上负责的岗位（post）。",
        f"# Drafted by lastmeter blueprint discover from the events of {draft.cases:,} objects “{draft.object}”.",
        "# Limits are the ninth decile of what is, rounded up, not what ought to be: change them to your standard,",
        "# and name the post that answers for each link.",
        "",
        "[journey]",
        f"kind = {_text(draft.object)}",
        f"object = {_text(draft.object)}",
        f"title = {_title(draft.title)}",
        f"version = {_text(VERSION)}",
        f"effective_from = {draft.effective_from.isoformat()}",
        f"start = {_text(draft.steps[0].code)}",
    ]
    for step in draft.steps:
        lines += ["", *_step(step, draft)]
    for step in draft.steps:
        if step.state:
            lines += ["", "[[ending]]", f"state = {_text(step.state)}", f"step = {_text(step.code)}"]
    for link in draft.links:
        lines += ["", *_link(link)]
    for number, (name, made, kept) in enumerate(draft.promises):
        code = name if number == 0 or name not in {one for one, *_ in draft.promises[:number]} else f"{name}_{number}"
        title = Title(f"承诺{kept.title.zh}", f"Promised: {_lower(kept.title.en)}")
        lines += ["", "[[promise]]", f"code = {_text(f'promised_{code}')}", f"title = {_title(title)}", f"on = {_text(made.code)}",
                  f"name = {_text(name)}", f"step = {_text(kept.code)}"]
    for number, (kind, below) in enumerate(draft.feedback):
        lines += ["", *_feedback(kind, below, number)]
    if draft.dimensions:
        lines += ["", "[dimensions]", *(f"{name} = {_text(path)}" for name, path in draft.dimensions.items())]
    if draft.value:
        lines += ["", "[value]", f"attribute = {_text(draft.value[0])}", f"event = {_text(draft.value[1])}"]
    if draft.left_out:
        lines += ["", "# 没有列为环节（出现得少，或一再重复） / Not made steps, as they occur in too few journeys:",
                  *(f"#   {kind}: {share:.0%}" for kind, share in draft.left_out)]
    return "\n".join(lines) + "\n"


def _step(step: StepDraft, draft: Draft) -> Iterator[str]:
    share = f"{step.cases / draft.cases:.0%}"
    yield f"# {step.cases:,} 个，占 {share} / {step.cases:,} journeys, {share}"
    yield "[[step]]"
    yield f"code = {_text(step.code)}"
    yield f"title = {_title(step.title)}"
    yield f"event = {_text(step.events[0])}" if len(step.events) == 1 else f"event = [{', '.join(_text(event) for event in step.events)}]"


def _link(link: LinkDraft) -> Iterator[str]:
    found = link.stretch
    back = found.backwards
    zh = f"{found.cases:,} 个走过：中位 {human_span(found.median)}，九成不超过 {human_span(found.p90)}"
    en = f"{found.cases:,} went through: median {human_span(found.median)}, nine in ten within {human_span(found.p90)}"
    yield f"# {zh}" + (f"；{back:,} 个顺序相反" if back else "")
    yield f"# {en}" + (f"; {back:,} in the opposite order" if back else "")
    yield "[[link]]"
    yield f"code = {_text(f'{link.start.code}_to_{link.end.code}')}"
    yield f"title = {_title(Title(f'{link.start.title.zh}到{link.end.title.zh}', f'{link.start.title.en} to {_lower(link.end.title.en)}'))}"
    yield f"from = {_text(link.start.code)}"
    yield f"to = {_text(link.end.code)}"
    if link.limit:
        yield f"limit = {_text(link.limit)}"
    else:
        yield f"# 走过的不到 {FEW} 个，不定时限 / Fewer than {FEW} went through: no limit"


def _feedback(kind: str, below: float | None, number: int) -> Iterator[str]:
    title = title_of_object(kind.partition(".")[0])
    yield "# 是你们请顾客评的分，就留 true；顾客自己来说的，改成 false / true: you asked for it; false: the customer came by himself"
    yield "[[feedback]]"
    yield f"code = {_text('low_score' if number == 0 else f'low_score_{number + 1}')}"
    yield f"title = {_title(Title(f'{title.zh}低分', f'Low score: {_lower(title.en)}'))}"
    yield f"event = {_text(kind)}"
    if below is not None:
        yield f"below = {below:g}"
    yield "solicited = true"


def _title(title: Title) -> str:
    return f"{{ zh = {_text(title.zh)}, en = {_text(title.en)} }}"


def _lower(text: str) -> str:
    """A title inside of another."""
    return text[:1].lower() + text[1:]


def _text(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)
