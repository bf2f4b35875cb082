"""What customers do afterwards: reviews, complaints, returns, all following from what they went through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lastmeter.demo.cast import CATEGORIES
from lastmeter.demo.flow import HOUR, Orders, World
from lastmeter.demo.people import Flags
from lastmeter.demo.phrases import COMPLAINTS, ENDINGS, MIDDLES, OPENINGS
from lastmeter.demo.season import DAY_SECONDS, END, Floats, Ints
from lastmeter.kernel.titles import Lang

TOPICS = ("late", "damaged", "no_notice", "other")
COMPLAINT_CHANNELS = ("hotline", "app", "social")
_CAUSES = ("happy", "fine", "late", "damaged", "no_notice", "poor")
_MOODS = ("happy", "fine", "upset")


@dataclass(frozen=True)
class Voices:
    """Answers to one chunk of orders; `review_of` and `complaint_of` are rows of the chunk, `returned` has one each."""

    returned: Floats
    review_of: Ints
    answered: Floats
    stars: Ints
    comments: pa.Array
    complaint_of: Ints
    raised: Floats
    topic: Ints
    complaint_channel: Ints
    complaint_texts: pa.Array


def make_voices(rng: np.random.Generator, world: World, orders: Orders) -> Voices:
    """Draw what the customers of these orders say and send back."""
    count = len(orders.number)
    arrived = ~np.isnan(orders.delivered)
    late_days = np.where(arrived, orders.delivered // DAY_SECONDS - orders.promised_day, 0.0)
    late = arrived & (late_days > 0)
    damaged = ~np.isnan(orders.damaged)
    unnoticed = arrived & np.isnan(orders.noticed)
    liking = (
        4.75
        - 1.05 * late_days.clip(0, 9) ** 0.6
        - 2.3 * damaged
        - 0.45 * unnoticed
        + world.products.quality[orders.product]
        + world.customers.generosity[orders.customer]
        + 0.75 * rng.standard_normal(count)
        - 2.6 * (rng.random(count) < 0.03)  # what no scan tells: a rude word, a wrong colour
    )
    stars = np.rint(liking).clip(1, 5).astype(np.int64)
    back = arrived & (rng.random(count) < 0.022 + 0.45 * damaged + 0.02 * late)
    returned = np.where(back, np.floor(orders.delivered + rng.gamma(2.0, 40 * HOUR, count)), np.nan)
    answered = np.floor(orders.delivered + 22 * HOUR * np.exp(0.9 * rng.standard_normal(count)))
    review_of = np.flatnonzero((answered < END) & (rng.random(count) < 0.26 + 0.16 * (stars <= 2)))
    topic = np.select([damaged, late, unnoticed & (rng.random(count) < 0.5)], [1, 0, 2], 3)
    chance = 0.005 + 0.05 * late + 0.22 * damaged + 0.02 * unnoticed
    raised = _raised(rng, orders, late)
    complaint_of = np.flatnonzero((raised < END) & (rng.random(count) < chance))
    lost_time = rng.random(len(review_of)) < 0.004
    return Voices(
        returned=returned,
        review_of=review_of,
        answered=np.where(lost_time, np.nan, answered[review_of]),
        stars=stars[review_of],
        comments=_comments(rng, world, orders, review_of, stars, late, damaged, unnoticed),
        complaint_of=complaint_of,
        raised=raised[complaint_of],
        topic=topic[complaint_of],
        complaint_channel=np.searchsorted([0.55, 0.9], rng.random(len(complaint_of))),
        complaint_texts=_complaint_texts(rng, world, orders, complaint_of, topic),
    )


def _raised(rng: np.random.Generator, orders: Orders, late: Flags) -> Floats:
    """Those who wait complain on the day after the promise, before the parcel is there; the others afterwards."""
    wait = rng.gamma(1.5, 6 * HOUR, len(late))
    overdue = (orders.promised_day + 1) * DAY_SECONDS + 8 * HOUR
    after = np.where(np.isnan(orders.delivered), orders.paid + 40 * HOUR, orders.delivered)
    impatient = late & (rng.random(len(late)) < 0.6)
    return np.floor(np.where(impatient, overdue, after) + wait)


def _comments(
    rng: np.random.Generator, world: World, orders: Orders, which: Ints, stars: Ints,
    late: Flags, damaged: Flags, unnoticed: Flags,
) -> pa.Array:
    given = stars[which]
    cause = np.select(
        [given >= 4, damaged[which], late[which], unnoticed[which] & (given <= 3), given == 3],
        [0, 3, 2, 4, 1], 5,
    )
    mood = np.select([given >= 4, given == 3], [0, 1], 2)
    silent = rng.random(len(which)) < np.where(given <= 2, 0.25, 0.55)
    category = world.products.category[orders.product[which]]
    english = world.customers.english[orders.customer[which]]
    draws = rng.random((3, len(which)))
    phones = _phones(rng, len(which))
    choices = (mood, cause, mood)
    foreign = _capitalised(_compose("en", choices, category, draws, phones))
    spoken = pc.if_else(pa.array(english), foreign, _compose("zh", choices, category, draws, phones))
    return pc.if_else(pa.array(silent), pa.scalar(None, pa.string()), spoken)


def _compose(lang: Lang, choices: tuple[Ints, ...], category: Ints, draws: Floats, phones: pa.Array) -> pa.Array:
    parts = []
    for pool, group, draw in zip(_pools(lang), choices, draws, strict=True):
        words, first, size = pool
        index = first[group] + (draw * size[group]).astype(np.int64)
        parts.append(words.take(pa.array(index * len(CATEGORIES) + category)))
    return _with_phones(pc.binary_join_element_wise(*parts, ""), phones)


def _capitalised(texts: pa.Array) -> pa.Array:
    first, rest = pc.utf8_slice_codeunits(texts, 0, 1), pc.utf8_slice_codeunits(texts, 1)
    return pc.binary_join_element_wise(pc.utf8_upper(first), rest, "")


@cache
def _pools(lang: Lang) -> tuple[tuple[pa.Array, Ints, Ints], ...]:
    """For opening, middle and ending: all phrases by category, and each group's first phrase and their number."""
    return (
        _pool(lang, [OPENINGS[lang][mood] for mood in _MOODS]),
        _pool(lang, [MIDDLES[lang][cause] for cause in _CAUSES]),
        _pool(lang, [ENDINGS[lang][mood] for mood in _MOODS]),
    )


def _pool(lang: Lang, groups: list[tuple[str, ...]]) -> tuple[pa.Array, Ints, Ints]:
    sizes = np.array([len(group) for group in groups])
    words = [
        phrase.replace("{thing}", category.thing.zh if lang == "zh" else category.thing.en)
        for group in groups for phrase in group for category in CATEGORIES
    ]
    return pa.array(words), np.cumsum(sizes) - sizes, sizes


def _complaint_texts(rng: np.random.Generator, world: World, orders: Orders, which: Ints, topic: Ints) -> pa.Array:
    category = world.products.category[orders.product[which]]
    english = world.customers.english[orders.customer[which]]
    draw = rng.random(len(which))
    phones = _phones(rng, len(which))
    spoken = {}
    for lang in ("zh", "en"):
        words, first, size = _pool(lang, [COMPLAINTS[lang][name] for name in TOPICS])
        index = first[topic[which]] + (draw * size[topic[which]]).astype(np.int64)
        spoken[lang] = _with_phones(words.take(pa.array(index * len(CATEGORIES) + category)), phones)
    return pc.if_else(pa.array(english), spoken["en"], spoken["zh"])


def _phones(rng: np.random.Generator, count: int) -> pa.Array:
    """Numbers of a range that is given to no network."""
    return pc.cast(pa.array(rng.integers(16_000_000_000, 16_200_000_000, count)), pa.string())


def _with_phones(texts: pa.Array, phones: pa.Array) -> pa.Array:
    """Fill `{phone}` where a text has it."""
    pieces = pc.split_pattern(texts, "{phone}", max_splits=1)
    before = pc.list_element(pieces, 0)
    named = pc.equal(pc.list_value_length(pieces), 2)
    after = pc.replace_substring_regex(texts, r"^.*\{phone\}", "")
    return pc.if_else(named, pc.binary_join_element_wise(before, phones, after, ""), texts)
