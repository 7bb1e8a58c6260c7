"""Names of files as text, whatever encoding they are in: a wrong guess would make wrong classes."""

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress

UTF8_FLAG = 0x800  # of a zip's member: its name is in UTF-8
UNICODE_PATH = 0x7075  # of an extra field of Info-ZIP's: the name in UTF-8 behind the checksum of the other one
ENCODINGS = {
    "Japanese": "cp932", "Chinese, simplified": "gb18030", "Chinese, traditional": "cp950", "Korean": "cp949",
    "Western European": "cp850", "Central European": "cp852", "Greek": "cp737", "Cyrillic": "cp866",
}  # fmt: skip
UNKNOWN = "The encoding of some names is unknown: choose it, or their bytes are shown, as %E4."


def zip_names(members: Sequence[zipfile.ZipInfo], encoding: str | None = None) -> tuple[list[str], bool]:
    """The members' names in Unicode's composed form (NFC), and whether their encoding is known.

    Python takes names without the UTF-8 flag for cp437, which nothing says. encoding: as of decode_names.
    """
    known = [_unicode_path(member) for member in members]
    rest = [
        member.orig_filename.partition("\0")[0].encode("cp437")
        for member, name in zip(members, known, strict=True)
        if name is None
    ]
    decoded, sure = decode_names(rest, encoding)
    following = iter(decoded)
    return [next(following) if name is None else unicodedata.normalize("NFC", name) for name in known], sure


def decode_names(raw: Sequence[bytes], encoding: str | None = None) -> tuple[list[str], bool]:
    """Names in Unicode's composed form (NFC), and whether their encoding is known.

    It is UTF-8 if all of them can be that, else `encoding`. Without one, or where it does not fit, names show each byte
    that is not ASCII as %E4.
    """
    for choice in filter(None, ("utf-8", encoding)):
        with suppress(UnicodeDecodeError):
            return [unicodedata.normalize("NFC", name.decode(choice)) for name in raw], True
    return [_escaped(name) for name in raw], False


def _escaped(name: bytes) -> str:
    """ASCII; also a backslash behind another byte is written as %5C, as it may be half a character."""
    return re.sub(rb"[\x80-\xff]\\?", lambda found: b"%" + found[0].hex("%").upper().encode(), name).decode()


def _unicode_path(member: zipfile.ZipInfo) -> str | None:
    """The name if the member says that it is in UTF-8, by the flag or in a field of its own; else None."""
    if member.flag_bits & UTF8_FLAG:
        return member.filename
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind != UNICODE_PATH or len(field) != size or size < 6:
            continue
        if struct.unpack("<I", field[1:5])[0] == zlib.crc32(member.orig_filename.encode("cp437")):
            with suppress(UnicodeDecodeError):
                return field[5:].decode()
    return None
