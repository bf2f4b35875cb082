"""What can be wrong in a file of indicators or claims, said with file, line and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.kernel.toml_file import Key, TomlFile, nearest


@dataclass(frozen=True, slots=True)
class Spot:
    """A path of keys in a file. Its methods make the errors of a key below it; the caller raises them."""

    file: TomlFile
    keys: tuple[Key, ...]

    def at(self, key: str) -> Spot:
        """The spot of a key below."""
        return Spot(self.file, (*self.keys, key))

    def unknown_key(self, key: str, known: Sequence[str]) -> LastMeterError:
        """A key that the grammar does not have."""
        return self._error(
            "unknown_key", key, Title("不认识“{key}”", "unknown key “{key}”"), *_possible(key, known), key=key,
        )

    def key_missing(self, key: str) -> LastMeterError:
        """A key that must be there."""
        return self._error(
            "key_missing", "", Title("缺少“{key}”", "“{key}” is missing"),
            Title("请补上 {key}", "Add {key}"), key=key,
        )

    def bad_value(self, key: str, choices: Sequence[str]) -> LastMeterError:
        """A value that is none of the possible ones."""
        said = Title("“{key}”不能取这个值", "“{key}” cannot have this value")
        return self._error("bad_value", key, said, *_possible("", choices), key=key)

    def unknown_column(self, column: str, known: Sequence[str], key: str) -> LastMeterError:
        """A column that the table does not have, or not for this use."""
        said = Title("这里没有可用的列“{column}”", "there is no column “{column}” to use here")
        return self._error("unknown_column", key, said, *_possible(column, known), column=column)

    def wrong_type(self, key: str, wanted: str) -> LastMeterError:
        """A value of another type than the column or key takes."""
        said = Title("“{key}”的写法不对", "“{key}” is not written as it should be")
        name = key or str(self.keys[-1])
        return self._error("wrong_type", key, said, Title("应为 {wanted}", "Write {wanted}"), key=name, wanted=wanted)

    def _error(
        self, code: str, below: str, said: Title, hint: Title, known: str = "", /, **places: Any
    ) -> LastMeterError:
        line = self.file.line_of(*self.keys, *([below] if below else []))
        message = Title(f"{{file}} 第 {{line}} 行：{said.zh}", f"{{file}} line {{line}}: {said.en}")
        return LastMeterError(
            f"indicator.{code}", message, hint, file=self.file.path.name, line=line, known=known, **places
        )


def _possible(word: str, known: Sequence[str]) -> tuple[Title, str]:
    meant = nearest(word, list(known)) if word else None
    hint = Title("可用：{known}", "Possible: {known}")
    if meant:
        hint = Title(f"是不是“{meant}”？{hint.zh}", f"Did you mean “{meant}”? {hint.en}")
    return hint, ", ".join(known)
