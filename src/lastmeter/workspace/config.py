"""`lastmeter.toml`: who the company is, where and in which languages, and who is accountable."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from lastmeter.indicators.index.standard import Component, Standard
from lastmeter.kernel.clock import zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.money import exponent
from lastmeter.kernel.titles import Lang, Title
from lastmeter.kernel.toml_file import TomlFile, nearest, read_toml

FILE_NAME = "lastmeter.toml"
DATABASE_URL = "LASTMETER_DATABASE_URL"
"""The environment variable that stands above `[database] url`: an address with a password does not belong into a file."""
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BothLanguages(_Section):
    """A text in Chinese and English."""

    zh: str
    en: str

    def title(self) -> Title:
        """The same as a `Title`."""
        return Title(self.zh, self.en)


class Company(_Section):
    """The company itself; `zone` is where its days begin, `currency` what its amounts are in."""

    name: BothLanguages
    languages: tuple[Lang, ...] = Field(default=("zh", "en"), min_length=1, description="first: the default language")
    zone: str = Field(default="Asia/Shanghai", description="IANA time zone")
    currency: str = Field(default="CNY", description="ISO 4217")

    @model_validator(mode="after")
    def _known(self) -> Company:
        try:
            zone_named(self.zone)
            exponent(self.currency)
        except LastMeterError as error:
            raise ValueError(error.message("en")) from error
        return self


class Database(_Section):
    """Where the journal's rows live; empty: SQLite in the workspace."""

    url: str = Field(default="", description="postgresql://user@host/name, or empty for SQLite in the workspace")


class Department(_Section):
    """A department of the organisation."""

    code: Code
    title: BothLanguages
    head: Code | None = Field(default=None, description="the post that answers for its vacant posts")


class Post(_Section):
    """A post is accountable for links and standards; a person holds it."""

    code: Code
    title: BothLanguages
    department: Code | None = None
    person: str | None = Field(default=None, description="who holds it now")
    areas: tuple[str, ...] = Field(
        default=(), description="areas of the catalogue that it answers for, where no blueprint has a rule: service, it, goods ..."
    )


class Peak(_Section):
    """A declared peak: its days are kept out of what counts as usual."""

    code: str
    title: BothLanguages
    first: date = Field(alias="from")
    last: date = Field(alias="to")


class IndexComponent(_Section):
    """One indicator of the CX index; a row with other weights from a day on is a further row with `since`."""

    indicator: Code
    weight: float = Field(gt=0, description="its weight among the others")
    worst: float = Field(description="here and beyond it scores 0; in the indicator's unit")
    target: float = Field(description="here and beyond it scores 100")
    red_line: float | None = Field(default=None, description="a value that must not be passed: else the index is capped")
    kind: str | None = Field(default=None, description="of which journeys, where not of all")
    since: date | None = Field(default=None, description="it counts in periods that begin on this day or later")
    until: date | None = Field(default=None, description="and in those that begin on this day or earlier")


class Index(_Section):
    """The CX index: the company's composite from 0 to 100."""

    cap: float = Field(default=59.0, ge=0, le=100, description="the most that the index may be while a red line is crossed")
    component: tuple[IndexComponent, ...] = Field(default=(), description="its parts: `[[index.component]]`")

    def standard(self) -> Standard:
        """The same as the index reads it."""
        return Standard(tuple(Component(**each.model_dump()) for each in self.component), self.cap)


class Names(_Section):
    """What codes are called, one table a dimension: `[names.place]` with `SP = { zh = "...", en = "..." }`."""

    place: dict[str, BothLanguages] = Field(default={}, description="titles of places by code; a code without one is shown itself")
    performer: dict[str, BothLanguages] = Field(default={}, description='of performers; quoted: `"carrier:sf" = { ... }`')
    origin: dict[str, BothLanguages] = Field(default={}, description="of origins")
    product: dict[str, BothLanguages] = Field(default={}, description="of products")
    channel: dict[str, BothLanguages] = Field(default={}, description="of channels")
    brand: dict[str, BothLanguages] = Field(default={}, description="of brands")

    def titles(self) -> dict[str, dict[str, Title]]:
        """The titles by dimension, then code."""
        return {
            dimension: {code: text.title() for code, text in getattr(self, dimension).items()}
            for dimension in Names.model_fields
        }


class Config(_Section):
    """The whole file."""

    company: Company
    database: Database = Database()
    department: tuple[Department, ...] = ()
    post: tuple[Post, ...] = ()
    peak: tuple[Peak, ...] = ()
    names: Names = Names()
    index: Index = Index()

    def areas(self) -> dict[str, str]:
        """The code of the post that answers for each area."""
        return {area: post.code for post in self.post for area in post.areas}

    def departments(self) -> dict[str, str]:
        """The code of the department of each post that has one."""
        return {post.code: post.department for post in self.post if post.department}

    def posts(self) -> dict[str, Post]:
        """The posts by code."""
        return {post.code: post for post in self.post}


def load_config(folder: Path) -> Config:
    """Read a workspace's `lastmeter.toml`.

    Raises:
        LastMeterError: `workspace.missing` where the folder is none, `config.invalid` with line and mend.
    """
    path = folder / FILE_NAME
    if not path.exists():
        raise LastMeterError(
            "workspace.missing",
            Title("{folder} 不是工作区：其中没有 lastmeter.toml", "{folder} is no workspace: it holds no lastmeter.toml"),
            hint=Title("用 lastmeter init {folder} 新建一个", "Make one with: lastmeter init {folder}"),
            folder=str(folder),
        )
    file = read_toml(path)
    try:
        config = Config.model_validate(file.values)
    except ValidationError as error:
        raise _invalid(file, error) from error
    url = database_url()
    return config.model_copy(update={"database": Database(url=url)}) if url else config


def database_url() -> str:
    """The database's address by the environment: the variable, or the file that NAME_FILE names.

    Raises:
        LastMeterError: `config.secret_file`.
    """
    if DATABASE_URL in os.environ or f"{DATABASE_URL}_FILE" not in os.environ:
        return os.environ.get(DATABASE_URL, "")
    try:
        return Path(os.environ[f"{DATABASE_URL}_FILE"]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LastMeterError(
            "config.secret_file", Title("读不到 {name}_FILE 指的文件", "The file that {name}_FILE names cannot be read"),
            Title("检查路径和权限", "Check its path and permissions"), name=DATABASE_URL,
        ) from error


def _invalid(file: TomlFile, error: ValidationError) -> LastMeterError:
    """The first fault, with its line, in words; a mistyped key before the one that is missing for it."""
    faults = error.errors(include_url=False)
    fault = next((each for each in faults if each["type"] == "extra_forbidden"), faults[0])
    where = fault["loc"]
    places = {"file": file.path.name, "line": file.line_of(*where), "key": ".".join(str(part) for part in where)}
    if fault["type"] == "extra_forbidden":
        meant = nearest(str(where[-1]), _keys_beside(where))
        return LastMeterError(
            "config.unknown_key",
            Title("{file} 第 {line} 行：没有“{key}”这个设置", "{file}, line {line}: there is no setting “{key}”"),
            hint=Title(f"是否想写“{meant}”？", f"Did you mean “{meant}”?") if meant else None,
            **places,
        )
    return LastMeterError(
        "config.invalid",
        Title("{file} 第 {line} 行：“{key}”的值不对（{detail}）", "{file}, line {line}: “{key}” is not right ({detail})"),
        hint=Title("见文档“设置”一页", "See the page “Settings” of the documentation"),
        detail=str(fault["msg"]), **places,
    )


_SECTIONS: dict[str, type[BaseModel]] = {
    "company": Company, "database": Database, "department": Department, "post": Post, "peak": Peak,
    "names": Names, "index": Index,
}


def _keys_beside(where: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = _SECTIONS.get(str(where[0]), Config) if len(where) > 1 else Config
    if len(where) > 2:
        model = BothLanguages if model is Names else IndexComponent if model is Index else model
    return [field.alias or name for name, field in model.model_fields.items()]


def settings() -> list[tuple[str, str, str, str]]:
    """(key, type, default, meaning) of every setting, for the reference."""
    rows = []
    for section, model in _SECTIONS.items():
        if model is Names:
            rows += [(f"[names.{name}] CODE", "BothLanguages", "", field.description or "") for name, field in model.model_fields.items()]
            continue
        if model is Index:
            rows += [_setting(f"[[index.component]] {name}", field) for name, field in IndexComponent.model_fields.items()]
        many = section in ("department", "post", "peak")
        rows += [
            _setting(f"{'[[' if many else '['}{section}{']]' if many else ']'} {field.alias or name}", field)
            for name, field in model.model_fields.items() if (model, name) != (Index, "component")
        ]
    return rows


def _setting(name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    default = "" if field.is_required() else repr(field.default)
    annotation = field.annotation
    kind = str(annotation).replace("typing.", "") if "[" in str(annotation) else getattr(annotation, "__name__", str(annotation))
    return name, kind, default, field.description or ""
