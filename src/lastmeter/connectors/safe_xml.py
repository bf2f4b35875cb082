"""XML read as a stream, without document types: no entity can grow, none can fetch a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.parsers import expat

from lastmeter.connectors.survey import BLOCK, Survey, open_bytes
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]


def parse(source: Survey, start: Start, end: End) -> None:
    """Read the whole file; element names come without their namespace's prefix.

    Raises:
        LastMeterError: `import.xml_doctype`, `import.xml_damaged` with the line.
    """
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    parser.StartDoctypeDeclHandler = lambda *_declared: _refuse_doctype(source)
    try:
        with open_bytes(source.path, is_gzip=source.is_gzip) as stream:
            while block := stream.read(BLOCK):
                parser.Parse(block, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError):  # the latter two: an encoding that nobody knows
        raise LastMeterError(
            "import.xml_damaged",
            Title("{file} 第 {line} 行起不是完整的 XML", "{file} is no whole XML from line {line} on"),
            Title("重新导出或下载；没有导入任何内容", "Export or download it again; nothing was imported"),
            file=source.path.name, line=parser.CurrentLineNumber,
        ) from None


def _refuse_doctype(source: Survey) -> None:
    raise LastMeterError(
        "import.xml_doctype",
        Title("{file} 带有文档类型或实体声明（DOCTYPE），为安全起见不读取",
              "{file} declares a document type or entities (DOCTYPE); for safety it is not read"),
        Title("日志不需要 DOCTYPE；请去掉它后重新导出", "A log needs no DOCTYPE; export it without one"),
        file=source.path.name,
    )
