"""Compressed bodies: what the target sends now, and what a tool has recorded, are read alike."""

from __future__ import annotations

import zlib

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
# Some servers send deflate without the header of zlib (RFC 9110 8.4.1.2).
_WINDOWS = {
    "gzip": (_GZIP_OR_ZLIB,),
    "x-gzip": (_GZIP_OR_ZLIB,),
    "deflate": (_GZIP_OR_ZLIB, -zlib.MAX_WBITS),
}


def is_known(coding: str) -> bool:
    """Whether bodies of a Content-Encoding can be decompressed."""
    return _plain(coding) in _WINDOWS


def decompressed(body: bytes, coding: str, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes of a body of a known coding, and whether its end is among them. Raises zlib.error if it is none."""
    *others, last = _WINDOWS[_plain(coding)]
    for window in others:
        try:
            return _read(body, window, most)
        except zlib.error:
            continue
    return _read(body, last, most)


def _read(body: bytes, window: int, most: int) -> tuple[bytes, bool]:
    decoder = zlib.decompressobj(window)
    return decoder.decompress(body, most), decoder.eof


def _plain(coding: str) -> str:
    return coding.strip().lower()
