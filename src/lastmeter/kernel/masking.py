"""Hiding who people are: `redact` takes contact and identity numbers out of free text, `mask_*` shorten known fields.

Both prefer hiding too much. A long number in a customer's words cannot be told from a card or a phone by its look, so
every run of ten digits or more goes. Full-width and other Unicode digits count as digits.
"""

from __future__ import annotations

import re

from lastmeter.kernel.titles import Title

MARKS: dict[str, Title] = {
    "email": Title("[邮箱]", "[email]"),
    "identity": Title("[证件号]", "[id number]"),
    "card": Title("[卡号]", "[card number]"),
    "phone": Title("[电话]", "[phone]"),
}
"""What stands where something was taken out; in Chinese where the text has Chinese characters."""


# The zeros of the decimal digits that people type: Arabic, Persian, Devanagari, Bengali, Thai, full-width, styled.
_ZEROS = (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\u2500"
_SPACES = "\t\u00a0\u2002\u2003\u2009\u202f\u3000"
_DOTS = "\u00b7\u2022\uff0e"


def _folding() -> dict[int, str]:
    """One character for one character, so that a place in the folded text is the same place in the text."""
    table = {0xFF01 + offset: chr(0x21 + offset) for offset in range(94)}
    table |= {zero + digit: str(digit) for zero in _ZEROS for digit in range(10)}
    table |= dict.fromkeys(map(ord, _DASHES), "-") | dict.fromkeys(map(ord, _SPACES), " ")
    return table | dict.fromkeys(map(ord, _DOTS), ".")


_FOLD = _folding()
_HAN = re.compile(r"[\u3400-\u9fff]")
# What no pattern below can do without: an at sign, or six digits with little between them. Spares the folding.
_DIGIT = "[0-9" + "".join(f"{chr(zero)}-{chr(zero + 9)}" for zero in _ZEROS) + "]"
_SUSPECT = re.compile(rf"[@\uff20]|{_DIGIT}(?:.{{0,3}}?{_DIGIT}){{5}}")
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_EXTENSION = r"(?: ?(?:-|转|转接|分机|分机号|ext\.?|extension|x|#) ?[0-9]{1,6}(?![0-9]))?"
_EMAIL = re.compile(r"[A-Za-z0-9À-ɏ._%+'-]{1,64}@[A-Za-z0-9À-ɏ-]{1,63}(?:\.[A-Za-z0-9À-ɏ-]{1,63}){1,8}")
_NUMBER = re.compile(
    r"(?<![0-9])(?:"
    # Chinese identity numbers of 18 and of 15 places: region, birthday, serial
    rf"(?P<identity>[1-9][0-9]{{5}}[ -]?(?:18|19|20)[0-9]{{2}}{_DAY}[ -]?[0-9]{{3}}[0-9Xx](?![0-9A-Za-z])"
    rf"|[1-9][0-9]{{7}}{_DAY}[0-9]{{3}}(?![0-9]))"
    # a Chinese mobile, however it is grouped, or a landline, behind +86, 0086 or 86
    rf"|(?P<phone>(?:(?:\+|00)?\(?86\)?[ .-]?)?(?:1[3-9][0-9](?:[ .-]?[0-9]){{8}}(?![0-9])"
    rf"|\(?0[1-9][0-9]{{1,2}}\)?[ .-]?[0-9]{{3,4}}[ .-]?[0-9]{{4}}(?![0-9]){_EXTENSION})"
    rf"|(?:\+|00)\(?86\)?[ .-]?[1-9][0-9]{{1,2}}[ .-][0-9]{{7,8}}(?![0-9]){_EXTENSION})"
    r"|(?P<card>[0-9]{13,}|[0-9]{4}(?:[ -][0-9]{4}){3}(?:[ -]?[0-9]{1,3})?(?![0-9])"
    r"|[0-9]{4}[ -][0-9]{6}[ -][0-9]{5}(?![0-9])|[0-9]{6}[ -][0-9]{10,13}(?![0-9]))"
    # 400 and 800 numbers; anything behind a plus or 00; the usual groupings elsewhere; long bare numbers
    rf"|(?P<call>[48]00[ .-]?[0-9](?:[ .-]?[0-9]){{6}}(?![0-9]){_EXTENSION}"
    rf"|\+[1-9](?:[ ().-]{{0,2}}[0-9]){{6,14}}(?![0-9]){_EXTENSION}"
    rf"|00[ .-]?[1-9](?:[ ().-]{{0,2}}[0-9]){{7,14}}(?![0-9]){_EXTENSION}"
    rf"|(?:1[ .-])?(?:\([0-9]{{2,4}}\) ?|[0-9]{{2,4}}[ .-])[0-9]{{3,5}}[ .-][0-9]{{4}}(?![0-9]){_EXTENSION}"
    rf"|\([0-9]{{2,4}}\) ?[0-9]{{7,9}}(?![0-9]){_EXTENSION}"
    rf"|0[0-9]{{8}}(?![0-9])|0[0-9]{{2,4}}[ .-][0-9]{{5,8}}(?![0-9])|[0-9]{{10,12}}(?![0-9])))",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"(?P<cue>(?:电话|手机|座机|固话|热线|联系方式|微信|whatsapp|wechat|mobile|phone|tel|call|fone|telefone|celular)"
    r"(?:号码|号)?[ :.;,是为：，]{0,4})(?P<digits>[0-9](?:[ .-]?[0-9]){5,}(?![0-9]))",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text without e-mail addresses, phone, identity and card numbers: 请打 13800138000 becomes 请打 [电话].

    Leaves everything else as it was, character for character; twice is the same as once.
    """
    if _SUSPECT.search(text) is None:
        return text
    folded = text if text.isascii() else text.translate(_FOLD)
    chinese = _HAN.search(text) is not None
    if "@" in folded:
        text, folded = _replace(_EMAIL, text, folded, chinese)
    text, folded = _replace(_NUMBER, text, folded, chinese)
    return _replace(_CALLED, text, folded, chinese)[0]


def _replace(pattern: re.Pattern[str], text: str, folded: str, chinese: bool) -> tuple[str, str]:
    """Marks in both texts what the pattern finds in the folded one."""
    pieces: list[str] = []
    twins: list[str] = []
    end = 0
    for found in pattern.finditer(folded):
        groups = found.groupdict()
        start = found.end("cue") if "cue" in groups else found.start()
        title = MARKS[_kind(groups)]
        mark = title.zh if chinese else title.en
        pieces += [text[end:start], mark]
        twins += [folded[end:start], mark]
        end = found.end()
    if not pieces:
        return text, folded
    return "".join([*pieces, text[end:]]), "".join([*twins, folded[end:]])


def _kind(groups: dict[str, str | None]) -> str:
    if not groups:
        return "email"
    return next((kind for kind in ("identity", "card") if groups.get(kind)), "phone")


def mask_name(name: str) -> str:
    """The first letter of each word: 李雷 becomes 李**, Li Wei becomes L** W**; never how long it was."""
    return " ".join(_first(word) for word in name.split())


def _first(word: str) -> str:
    return word[0] + "**"


def mask_phone(phone: str) -> str:
    """The first three and last four digits of a long number, the last two of a short one: 138****4471."""
    digits = "".join(character for character in phone.translate(_FOLD) if character in "0123456789")
    if len(digits) > 11:
        digits = re.sub(r"^(?:00)?86(?=1[0-9]{10}$)", "", digits)
    if len(digits) > 11:
        return "****" + digits[-4:]
    if len(digits) == 11:
        return f"{digits[:3]}****{digits[-4:]}"
    return "****" + (digits[-2:] if len(digits) >= 7 else "")


def mask_email(address: str) -> str:
    """The first letter and the domain: l***@example.com."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


_ROOM = re.compile(
    r"[0-9A-Za-z一二三四五六七八九十百零〇甲乙丙丁东南西北-]+(?=(?:号楼|号院|栋|幢|座|单元|室|层|楼|房间?|户)(?!家))"
    r"|(?<=单元)[0-9A-Za-z-]+|(?<=[号楼栋幢座室])[0-9]+(?:-[0-9]+)*"
    r"|(?i:(?<=\bapt)|(?<=\bapto)|(?<=\bapartment)|(?<=\bunit)|(?<=\broom)|(?<=\brm)|(?<=\bsuite)|(?<=\bflat)"
    r"|(?<=\bfloor)|(?<=\bbloco)|(?<=\bbuilding)|(?<=\bbldg))(?:\.? ?#?)[0-9A-Za-z-]*[0-9A-Za-z]\b|#[0-9A-Za-z-]+"
    r"|\b[0-9]+-[0-9]+(?:-[0-9]+)+\b"
)


def mask_address(address: str) -> str:
    """The address without building, unit and room: 世纪大道100号3号楼501室 becomes 世纪大道100号**号楼**室."""
    folded = address.translate(_FOLD)
    pieces: list[str] = []
    end = 0
    for found in _ROOM.finditer(folded):
        gap = " " if found[0].startswith((" ", ". ")) else ""
        pieces += [address[end:found.start()], gap, "**"]
        end = found.end()
    return "".join([*pieces, address[end:]])


_ADDRESS_SIGN = re.compile(r"[省市区县镇乡村路街道巷弄号楼栋幢室]")


def mask(value: str) -> str:
    """A personal value of unknown sort, by its look: e-mail, phone or other number, address, else a name."""
    folded = value.translate(_FOLD)
    digits = sum(character in "0123456789" for character in folded)
    letters = sum(character.isalpha() for character in folded)
    if "@" in folded:
        return mask_email(folded)
    if digits >= 5 and letters <= 3:
        return mask_phone(value)
    if digits and (_ADDRESS_SIGN.search(value) or len(value.split()) >= 3):
        return mask_address(value)
    return mask_name(value)
