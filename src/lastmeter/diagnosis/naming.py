"""The words that blueprints and workspace give to rules, links, steps, posts, places, performers."""

from __future__ import annotations

from collections.abc import Mapping

from lastmeter.journeys.facts import Facts
from lastmeter.kernel.titles import Title

Names = Mapping[str, Mapping[str, Title]]
"""Titles by dimension (place, performer, origin, product, channel, brand), then code."""


def rule_titles(facts: Facts) -> dict[str, Title]:
    """Title by rule code, over all blueprints of the facts."""
    return {rule.code: rule.title for print_ in facts.blueprints.values() for rule in print_.rules()}


def rule_posts(facts: Facts) -> dict[str, str | None]:
    """Accountable post by rule code, over all blueprints of the facts."""
    return {rule.code: rule.post for print_ in facts.blueprints.values() for rule in print_.rules()}


def link_titles(facts: Facts) -> dict[str, Title]:
    """Title by link code, over all blueprints of the facts."""
    return {link.code: link.title for print_ in facts.blueprints.values() for link in print_.links}


def step_positions(facts: Facts) -> dict[str, int]:
    """Place of each step in its blueprint, by step code."""
    return {step.code: place for print_ in facts.blueprints.values() for place, step in enumerate(print_.steps)}


def post_title(post: str | None, posts: Mapping[str, Title] | None) -> Title | None:
    """The post's title, its code where the workspace gives none, nothing where nobody is accountable."""
    if post is None:
        return None
    return (posts or {}).get(post, Title(post, post))


def value_title(names: Names | None, dimension: str, code: str | None) -> Title | None:
    """What a value of a dimension is called; nothing where the workspace gives it no name."""
    return (names or {}).get(dimension, {}).get(code) if code is not None else None
