"""What the bytes of a text tell, block by block: its encoding, how many lines, whether some are overlong."""

from __future__ import annotations

import codecs
import re

# A longer line is set aside as a row that cannot be read: it must not fill the memory, nor swallow its neighbours.
LONGEST_LINE = 2 << 20
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Bytes of Latin-1 often pass for GB18030, but make rare characters; Chinese text consists of common ones (GB 2312).
_FOREIGN = re.compile(r"[\x00-\x7f]+")
_COMMON_SHARE = 0.4
# So many characters tell.
_SAMPLE = 1 << 20
# A byte that is no character of the file's encoding is read as this: Unicode's second noncharacter.
BAD_BYTE = "\ufdd1"
# More lines than this share (and more than one) that do not fit: then the encoding is another one.
_BAD_SHARE = 0.05


def decoder_of(encoding: str) -> codecs.IncrementalDecoder:
    """Decodes block by block; a byte that is no character becomes `BAD_BYTE`."""
    return codecs.getincrementaldecoder(encoding)(errors=_ERRORS)


def _bad_byte(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 — asked of decoders alone
    return BAD_BYTE, error.end


_ERRORS = "lastmeter.bad_byte"
codecs.register_error(_ERRORS, _bad_byte)


class _Reading:
    """A text read in one encoding: which of its lines do not fit."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.bad_lines = 0
        self.first_bad = 0
        self._decoder = decoder_of(encoding)
        self._in_bad_line = False

    def take(self, block: bytes, line: int, *, final: bool = False) -> str:
        """The block's text; `line` is the number of lines before it."""
        text = self._decoder.decode(block, final)
        if BAD_BYTE in text or self._in_bad_line:
            for nth, part in enumerate(text.split("\n")):
                is_new = nth > 0 or not self._in_bad_line
                self._in_bad_line = BAD_BYTE in part or (nth == 0 and self._in_bad_line)
                if self._in_bad_line and is_new:
                    self.bad_lines += 1
                    self.first_bad = self.first_bad or line + nth + 1
        return text


class TextSurvey:
    """Which encoding fits the blocks best. Plain ASCII blocks cost next to nothing."""

    def __init__(self) -> None:
        self.lines = 0
        self.has_long = False
        self.encoding = "utf-8"
        self.bad_lines = 0
        self._line_bytes = 0
        self._bom = ""
        self._is_first = True
        self._readings: list[_Reading] = []
        self._foreign = self._common = 0

    def take(self, block: bytes) -> None:
        """Look at the next block."""
        if self._is_first:
            self._is_first = False
            self._bom = next((name for mark, name in _BOMS.items() if block.startswith(mark)), "")
            if self._bom == "utf-16":
                self._readings = [_Reading("utf-16")]
        if self._readings or not block.isascii():
            self._decode(block, final=False)
        self.lines += block.count(b"\n")
        first_end, last_end = block.find(b"\n"), block.rfind(b"\n")
        self._line_bytes += len(block) if first_end < 0 else first_end
        self.has_long = self.has_long or self._line_bytes > LONGEST_LINE
        if last_end >= 0:
            self._line_bytes = len(block) - last_end

    def finish(self) -> int:
        """Decide on `encoding`. Where too many lines fit none, the number of the first of them, else 0: a few are set aside
        later.
        """
        if not self._readings:
            self.encoding = self._bom or "utf-8"
            return 0
        self._decode(b"", final=True)
        is_chinese = self._common >= _COMMON_SHARE * self._foreign
        best = min((one for one in self._readings if one.encoding != "gb18030" or is_chinese), key=lambda one: one.bad_lines)
        if best.bad_lines > max(1, int(_BAD_SHARE * self.lines)) or best.first_bad == 1:
            return best.first_bad
        self.encoding = self._bom or best.encoding
        self.bad_lines = best.bad_lines
        return 0

    def _decode(self, block: bytes, *, final: bool) -> None:
        if not self._readings:
            self._readings = [_Reading(name) for name in (("utf-8",) if self._bom else ("utf-8", "gb18030"))]
        for reading in self._readings:
            text = reading.take(block, self.lines, final=final)
            if reading.encoding == "gb18030" and self._foreign < _SAMPLE:
                self._count_common(text)

    def _count_common(self, text: str) -> None:
        foreign = _FOREIGN.sub("", text.replace(BAD_BYTE, ""))
        self._foreign += len(foreign)
        self._common += len(foreign.encode("gb2312", "ignore")) // 2
