"""The pages of the console: every word in both languages, nothing inline, every view behind a door."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[2] / "src" / "lastmeter" / "server"
TEMPLATES = sorted(SERVER.rglob("templates/**/*.html"))
CJK = re.compile(r"[\u4e00-\u9fff]")
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
COMMENT = re.compile(r"{% comment.*?{% endcomment %}|<!--.*?-->", re.DOTALL)
SAID = re.compile(r"""{%\s*(?:say|verdict\s+(?:"\w+"|[\w.|]+))\s+"((?:[^"\\]|\\.)*)"\s+"((?:[^"\\]|\\.)*)\"""")
ELEMENT = re.compile(r"<[^>]*>", re.DOTALL)
SPOKEN = re.compile(r"""\b(?:title|placeholder|aria-label|alt|data-confirm)=("[^"]*"|'[^']*')""")
# Not words: keys, names of formats and of the house, both languages' own names.
ALIKE = {"Ctrl", "K", "J", "G", "Enter", "CSV", "JSON", "HTML", "TOML", "API", "UTC", "English", "En", "p10", "p90", "p99", "n", "h",
         "Last", "Meter", "R", "E", "C", "Esc", "PDF", "HTTP", "Excel", "TOTP", "ID", "x"}


def name(path: Path) -> str:
    return str(path.relative_to(SERVER))


def words_of(text: str) -> set[str]:
    """Words that stand in a template as they are: in its text, and in attributes that are read out."""
    text = re.sub(r"<(script|style|code|pre|svg)\b.*?</\1>", " ", COMMENT.sub(" ", text), flags=re.DOTALL)
    plain = TAG.sub(" ", text)
    spoken = " ".join(found[1:-1] for found in SPOKEN.findall(plain))
    visible = re.sub(r"&\w+;", " ", ELEMENT.sub(" ", plain))
    # What has a slash, dot, colon or underscore in it is a code or a file's name, the same in every language.
    visible, spoken = (re.sub(r"\S*[/_.:]\S*", " ", part) for part in (visible, spoken))
    found = re.findall(r"[A-Za-z][A-Za-z0-9]*|[\u4e00-\u9fff]+", f"{visible} {spoken}")
    return {word for word in found if word not in ALIKE and not re.fullmatch(r"中文|中|lm", word)}


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_word_stands_in_one_language_only(path: Path) -> None:
    assert not words_of(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_what_is_said_is_said_in_both_languages_with_the_same_places(path: Path) -> None:
    for zh, en in SAID.findall(path.read_text(encoding="utf-8")):
        assert zh.strip(), en
        assert en.strip(), zh
        assert not CJK.search(en), en
        places = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in (zh, en)]
        assert places[0] == places[1], (zh, en)


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(path: Path) -> None:
    text = COMMENT.sub(" ", path.read_text(encoding="utf-8"))
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son(click|load|change|submit|input)=", text)
    assert not re.search(r"<style\b", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, script
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", text)
