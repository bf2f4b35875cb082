"""What the customers of a declared flow say: scores and complaints that follow from what they went through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lastmeter.demo.happening import Drawn
from lastmeter.demo.people import Flags, pick
from lastmeter.demo.scenario import Flow
from lastmeter.demo.season import END, Floats, Ints
from lastmeter.demo.stage import HOUR, Stage
from lastmeter.kernel.titles import Lang

SURVEY, COMPLAINT = "survey", "complaint"
_MOODS = ("happy", "fine", "poor")
_OPENINGS: dict[Lang, dict[str, tuple[str, ...]]] = {
    "zh": {"happy": ("", "很满意，", "一如既往，", "朋友推荐来的，", "没想到，"),
           "fine": ("", "还行，", "总体可以，", "说实话，"),
           "poor": ("", "很失望，", "已经不是第一次了，", "唉，", "本来很信任你们，")},
    "en": {"happy": ("", "Very pleased: ", "As always: ", "A friend sent me here: "),
           "fine": ("", "It is all right: ", "To be honest, ", "So so: "),
           "poor": ("", "Very disappointed: ", "Not the first time: ", "Oh dear: ")},
}
_ENDINGS: dict[Lang, dict[str, tuple[str, ...]]] = {
    "zh": {"happy": ("谢谢。", "会再来。", "已经推荐给同事了。"), "fine": ("希望改进。", "就这样。"),
           "poor": ("请给个说法。", "请尽快联系我。", "希望你们重视。")},
    "en": {"happy": ("thank you.", "I shall come again.", "I have told my friends."),
           "fine": ("could be better.", "that is all."),
           "poor": ("please explain.", "call me.", "do take this seriously.")},
}


@dataclass(frozen=True)
class Sayings:
    """Answers and complaints about a chunk of journeys; `of` are rows of the chunk."""

    of: Ints
    kinds: pa.Array
    scores: pa.Array
    texts: pa.Array
    said: Floats


def make_sayings(rng: np.random.Generator, stage: Stage, drawn: Drawn) -> Sayings:
    """Draw who answers, what score they give, who complains, and their words."""
    flow = stage.flow
    count = len(drawn.number)
    grudges = {act.rule: act.grudge for act in flow.acts if act.rule and act.grudge}
    suffered: dict[str, Floats] = {rule: grudge * drawn.broken[rule].astype(np.float64) for rule, grudge in grudges.items()}
    anger = np.asarray(sum(suffered.values(), np.zeros(count)))
    liking = (4.7 - anger + stage.pool.generosity[drawn.customer] + 0.7 * rng.standard_normal(count)
              - 2.4 * (rng.random(count) < 0.025))  # what no record tells: a rude word
    score = np.rint(liking).clip(1, 5).astype(np.int64)
    done = drawn.first(flow.answered_after or flow.start)
    asked = np.floor(done + 20 * HOUR * np.exp(0.9 * rng.standard_normal(count)))
    answers = np.flatnonzero((asked < END) & (rng.random(count) < flow.asked + 0.1 * (score <= 2)))
    latest = np.fmax.reduce([drawn.start, *(moments.max(axis=1, initial=0, where=~np.isnan(moments))
                                            for moments in drawn.times.values())])
    raised = np.floor(latest + rng.gamma(1.5, 6 * HOUR, count))
    complaints = np.flatnonzero((raised < END) & (rng.random(count) < 0.004 + 0.10 * anger.clip(0, 3)))
    of = np.concatenate([answers, complaints])
    topic = _topics(suffered, of)
    mood = np.concatenate([np.select([score[answers] >= 4, score[answers] == 3], [0, 1], 2), np.full(len(complaints), 2)])
    silent = np.concatenate([rng.random(len(answers)) < 0.5, np.zeros(len(complaints), dtype=np.bool_)])
    return Sayings(
        of=of,
        kinds=pick((SURVEY, COMPLAINT), np.repeat([0, 1], [len(answers), len(complaints)])),
        scores=pa.array(score[of], mask=np.arange(len(of)) >= len(answers)),
        texts=_texts(rng, flow, mood, topic, silent, stage.pool.english[drawn.customer[of]]),
        said=np.concatenate([asked[answers], raised[complaints]]),
    )


def _topics(suffered: dict[str, Floats], of: Ints) -> Ints:
    """The rule that hurt most, counted as in `suffered` from 1; 0 where nothing did."""
    if not suffered:
        return np.zeros(len(of), dtype=np.int64)
    pains = np.column_stack([pain[of] for pain in suffered.values()])
    return np.asarray(np.where(pains.max(axis=1) > 0, pains.argmax(axis=1) + 1, 0))


def _texts(rng: np.random.Generator, flow: Flow, mood: Ints, topic: Ints, silent: Flags, english: Flags) -> pa.Array:
    """An opening, what it is about, an ending; nothing where the customer is silent."""
    topics = [act.rule for act in flow.acts if act.rule and act.grudge]
    about = np.where(mood == 0, 0, np.where(topic > 0, 2 + topic, np.where(mood == 1, 1, 2)))
    draws = rng.random((3, len(mood)))
    spoken = {}
    for lang in ("zh", "en"):
        middles = [flow.phrases[lang][name] for name in (*_MOODS, *topics)]
        parts = (
            _some([_OPENINGS[lang][name] for name in _MOODS], mood, draws[0]),
            _some(middles, about, draws[1]),
            _some([_ENDINGS[lang][name] for name in _MOODS], mood, draws[2]),
        )
        spoken[lang] = pc.binary_join_element_wise(*parts, "")
    first, rest = pc.utf8_slice_codeunits(spoken["en"], 0, 1), pc.utf8_slice_codeunits(spoken["en"], 1)
    capitalised = pc.binary_join_element_wise(pc.utf8_upper(first), rest, "")
    texts = pc.if_else(pa.array(english), capitalised, spoken["zh"])
    return pc.if_else(pa.array(silent), pa.scalar(None, pa.string()), texts)


def _some(groups: list[tuple[str, ...]], group: Ints, draw: Floats) -> pa.Array:
    """A phrase of each row's group."""
    sizes = np.array([len(phrases) for phrases in groups])
    firsts = np.cumsum(sizes) - sizes
    return pick([phrase for phrases in groups for phrase in phrases], firsts[group] + (draw * sizes[group]).astype(np.int64))
