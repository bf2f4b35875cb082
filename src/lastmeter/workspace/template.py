"""Templates of new workspaces, shipped with the library."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

_TEMPLATES = files("lastmeter") / "workspace_template"


def templates() -> list[str]:
    """The names of the templates."""
    return sorted(entry.name for entry in _TEMPLATES.iterdir() if entry.is_dir() and not entry.name.startswith("_"))


def lay_out(folder: Path, template: str) -> None:
    """Copy a template into a folder that is new or empty.

    Raises:
        LastMeterError: `template.unknown`, `workspace.exists`, `workspace.not_writable`.
    """
    if template not in templates():
        raise LastMeterError(
            "template.unknown",
            Title("没有“{template}”这个模板", "There is no template “{template}”"),
            hint=Title("可用：{names}", "Use one of: {names}"),
            template=template, names=", ".join(templates()),
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LastMeterError(
            "workspace.exists",
            Title("{folder} 已经有内容", "{folder} is not empty"),
            hint=Title("请用新的文件夹；已有的内容没有改动", "Choose a new folder; nothing was changed"),
            folder=str(folder),
        )
    try:
        with as_file(_TEMPLATES / template) as source:
            shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / ".gitignore").write_text("# made from the sources, holds customers' data\n/journal/\n/facts/\n",
                                           encoding="utf-8")
    except OSError as error:
        raise LastMeterError(
            "workspace.not_writable",
            Title("无法写入 {folder}", "Cannot write to {folder}"),
            hint=Title("请检查权限和磁盘空间", "Check its permissions and the space on the disk"),
            folder=str(folder),
        ) from error
