"""What subscribers can be told of."""

from __future__ import annotations

from lastmeter.kernel.titles import Title

TYPES: dict[str, Title] = {
    "flaw.raised": Title("出现瑕疵", "A flaw was raised"),
    "flaw.withdrawn": Title("瑕疵被撤回", "A flaw was withdrawn"),
    "source.silent": Title("数据源静默", "A source is silent"),
    "import.finished": Title("导入完成", "An import ended"),
    "focus.choose": Title("选定聚焦项", "A focus was chosen"),
    "brief.publish": Title("发布简报", "A brief was published"),
    "blueprint.edit": Title("蓝图有改动", "A blueprint changed"),
}
