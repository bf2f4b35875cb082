"""Invented people: their names and telephone numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lastmeter.demo.season import Ints

Flags = npt.NDArray[np.bool_]

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红梅鑫宇浩然梓涵雨欣怡佳思远嘉宁子墨若晨星安乐知书"
_ENGLISH_GIVEN = ("Anna", "Ben", "Clara", "David", "Ella", "Frank", "Grace", "Henry", "Irene", "Jack", "Kate", "Leo",
                  "Mia", "Nora", "Oscar", "Paula", "Quinn", "Ruth", "Sam", "Tessa", "Victor", "Wendy")
_ENGLISH_FAMILY = ("Abbot", "Barlow", "Carver", "Dalton", "Emery", "Fenwick", "Garner", "Hollis", "Ingram", "Kemp",
                   "Lowell", "Marsh", "Norwood", "Orchard", "Pryor", "Redfern", "Sutton", "Tilden", "Usher",
                   "Wycliff")
_PHONE_PREFIXES = ("160", "161", "163", "164")  # given to no network: no simulated number reaches anybody


def pick(words: Sequence[str], index: Ints) -> pa.Array:
    """The words at these positions."""
    return pa.array(words, pa.string()).take(pa.array(index))


def some(rng: np.random.Generator, words: Sequence[str], count: int) -> pa.Array:
    """Words drawn evenly."""
    return pick(words, rng.integers(0, len(words), count))


def names(rng: np.random.Generator, english: Flags) -> pa.Array:
    """Invented names, English for those flagged, Chinese for the others."""
    count = len(english)
    given, second = some(rng, tuple(_GIVEN), count), some(rng, tuple(_GIVEN), count)
    second = pc.if_else(pa.array(rng.random(count) < 0.7), second, "")
    chinese = pc.binary_join_element_wise(some(rng, tuple(_SURNAMES), count), given, second, "")
    western = pc.binary_join_element_wise(
        some(rng, _ENGLISH_GIVEN, count), some(rng, _ENGLISH_FAMILY, count), " "
    )
    return pc.if_else(pa.array(english), western, chinese)


def phones(rng: np.random.Generator, count: int) -> pa.Array:
    """Telephone numbers that reach nobody; one in a hundred is missing."""
    digits = pc.utf8_lpad(pc.cast(pa.array(rng.integers(0, 10**8, count)), pa.string()), width=8, padding="0")
    whole = pc.binary_join_element_wise(some(rng, _PHONE_PREFIXES, count), digits, "")
    return pc.if_else(pa.array(rng.random(count) < 0.01), pa.scalar(None, pa.string()), whole)
