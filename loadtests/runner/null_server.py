"""A server that does nothing but answer 200, to measure what the generator alone costs: `-m loadtests.runner.null_server`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import cast

import click

_BODY = b"{}"
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nX-RateLimit-Limit: 60\r\n"
    b"X-RateLimit-Reset: 1\r\n\r\n%s" % (len(_BODY), _BODY)
)
_END = b"\r\n\r\n"


class _Idle(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(_ANSWER * data.count(_END))


@click.command()
@click.option("--write-target", required=True, type=click.Path(dir_okay=False, path_type=Path))
def main(write_target: Path) -> None:
    """Serve on a free loopback port until ended, and describe it as a target."""
    asyncio.run(_serve(write_target)) if sys.platform == "win32" else _run_quickly(write_target)


def _run_quickly(write_target: Path) -> None:
    import uvloop

    uvloop.run(_serve(write_target))


async def _serve(write_target: Path) -> None:
    server = await asyncio.get_running_loop().create_server(_Idle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    text = f'base_url = "http://127.0.0.1:{port}"\n[organizations.primary]\napi_keys = ["obk_test_{"0" * 32}"]\n'
    write_target.write_text(text, "utf-8")
    await server.serve_forever()


if __name__ == "__main__":
    main()
