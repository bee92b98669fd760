"""Templates, and values on a page. Foreign text is escaped, cannot change the text direction, and has no control characters."""

from __future__ import annotations

import json
import math
import re
from functools import cache

import jinja2
from markupsafe import Markup

from mockserver.clock import utc
from mockserver.console.assets import asset_url
from mockserver.control.redaction import redacted, redacted_query
from mockserver.control.requests import shown as logged
from spec import contract

# Invisible characters, and those that change the text direction, are shown as symbols or as JSON escapes.
_INVISIBLE = (
    *range(0x80, 0xA0),
    0x061C,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
)
_ESCAPED = {code: f"\\u{code:04x}" for code in _INVISIBLE}
_PICTURES = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"} | {127: chr(0x2421)} | _ESCAPED
_TICKS = re.compile(r"`([^`]+)`")
_LONGEST = 4_000


def render(template: str, **context: object) -> bytes:
    """A template as UTF-8. What UTF-8 cannot express shows as a question mark."""
    return _environment().get_template(template).render(context).encode("utf-8", "replace")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mockserver.console", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        shown=shown,
        data=data,
        moment=moment,
        time=time_of_day,
        size=size,
        duration=duration,
        pretty=pretty,
        number=number,
        ticks=ticks,
        redacted=lambda value: redacted(_decoded(value)),
        redacted_query=lambda value: redacted_query(_decoded(value)),
    )
    environment.globals.update(asset=asset_url, contract=contract(), logged=logged)
    return environment


def shown(value: str | bytes | None, longest: int = _LONGEST) -> str:
    """Text for a page: control characters as visible symbols, cut off after `longest` characters."""
    text = _decoded(value)
    if len(text) > longest:
        text = f"{text[:longest]}… ({len(text) - longest:,} more characters)"
    return text.translate(_PICTURES)


def data(value: str | bytes | None, longest: int = 300) -> Markup:
    """Foreign text within a line. It cannot change the line's direction."""
    return Markup("<bdi>{}</bdi>").format(shown(value, longest))


def moment(seconds: float | None) -> Markup:
    """A unix time as date and time of day in UTC."""
    if seconds is None:
        return Markup("–")
    try:
        text = utc(int(seconds * 1_000))
    except (OverflowError, ValueError):
        return Markup("beyond the calendar")
    return Markup('<time datetime="{}">{} {}</time>').format(text, text[:10], text[11:19])


def time_of_day(seconds: float) -> Markup:
    """A unix time as the time of day in UTC, with milliseconds."""
    text = utc(int(seconds * 1_000))
    return Markup('<time datetime="{}">{}</time>').format(text, text[11:23])


def size(count: int) -> str:
    """A number of bytes, in the unit that suits it."""
    if count < 1_000:
        return f"{count} B"
    power = min(int(math.log10(count) // 3), 3)
    return f"{count / 1_000**power:.1f} {' kMG'[power]}B"


def duration(seconds: float) -> str:
    """A number of seconds, in the unit that suits it."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def number(value: float) -> str:
    """A number with its thousands set apart."""
    return f"{value:,}"


def pretty(value: object) -> str:
    """JSON, given as text, bytes or a value, indented; other text as it is."""
    if isinstance(value, str | bytes):
        try:
            return json_text(json.loads(value))
        except (RecursionError, ValueError):
            return shown(value, 100_000)
    return json_text(value)


def json_text(value: object) -> str:
    """Indented JSON. Invisible characters are escaped, which does not change its meaning."""
    return json.dumps(value, ensure_ascii=False, indent=2).translate(_ESCAPED)


def ticks(text: str) -> Markup:
    """A description in which text between backticks is marked up as code."""
    escaped = str(Markup.escape(text))
    return Markup(_TICKS.sub(r"<code>\1</code>", escaped))  # noqa: S704 (escaped before)


def _decoded(value: str | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
