"""Starts a mock by the options of the command line, and serves it until a signal ends it."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from mockserver.server import options

if TYPE_CHECKING:
    from mockserver.modifications.registry import Modification
    from mockserver.server.certificates import Kind
    from mockserver.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The values of all options, as click reads them."""

    host: str
    port: int
    seed: int
    contacts: int
    organizations: int
    rate_reading: Literal["burst", "strict"]
    no_rate_limit: bool
    faults: Sequence[str]
    variants: Sequence[str]
    hardships: Sequence[str]
    webhooks: Sequence[str]
    webhook_hosts: Sequence[str]
    write_target: Path | None
    write_keys: Path | None
    workers: int
    state: str | None
    control_token: str | None
    activity: float | None
    real_time_signatures: bool
    load: Path | None
    tls: Path | None
    tls_certificate: Kind
    log_requests: bool
    exit_with_parent: bool
    as_json: bool
    quiet: bool


def serve_mock(chosen: Choices) -> None:
    """Make the mock and serve it until a signal ends it. Raises ClickException."""
    parent = os.getppid() if chosen.exit_with_parent else None
    # Imported late, so that help and errors come at once.
    from mockserver.cluster.errors import SharingError
    from mockserver.cluster.workers import run
    from mockserver.server.uvicorn_server import base_url, serve

    options.check_token(chosen.control_token)
    if chosen.load and chosen.state:
        raise click.UsageError("--load: a shared state is loaded by PUT /_mock/state, which every process performs")
    changes = [
        *options.modifications("fault", chosen.faults),
        *options.modifications("variant", chosen.variants),
        *options.modifications("hardship", chosen.hardships),
    ]
    listener = options.listener(chosen.host, chosen.port)
    identity = options.identity(chosen.tls, chosen.tls_certificate, chosen.host)
    from mockserver.app import create_app
    from mockserver.clock import Clock
    from mockserver.server import announcement

    options.check_webhooks(chosen.webhooks, chosen.webhook_hosts)
    settings, clock = _settings(chosen, changes), Clock()
    shared = options.shared(settings, chosen.state, chosen.workers, clock)
    with shared.sharing.beating() if shared.sharing else nullcontext():
        mock = create_app(shared, clock, chosen.control_token)
    gc.freeze()  # The seeded data stays, so the garbage collector need not scan it, which takes a second with a million contacts.
    if chosen.load:
        options.load(mock, chosen.load)
    address = base_url(listener, "https" if identity else "http")
    style = "json" if chosen.as_json else "address" if chosen.quiet else "banner"
    context, log = identity.context if identity else None, chosen.log_requests and not chosen.quiet

    def ready() -> None:
        announcement.announce(mock, settings, address, style, chosen.write_target, chosen.write_keys, chosen.tls)

    try:
        run(chosen.workers, lambda up: serve(mock, listener, up, context, log=log), ready, parent)
    except SharingError as error:
        raise click.ClickException(f"--state: {error}") from None


def _settings(chosen: Choices, changes: Sequence[Modification]) -> Settings:
    from mockserver.server.progress import SeedingProgress
    from mockserver.settings import Settings

    settings = Settings(
        seed=chosen.seed,
        organizations=chosen.organizations,
        contacts=chosen.contacts,
        rate_reading=chosen.rate_reading,
        rate_limited=not chosen.no_rate_limit,
        modifications=changes,
        webhook_urls=chosen.webhooks,
        webhook_hosts=chosen.webhook_hosts,
        activity=chosen.activity,
        real_time_signatures=chosen.real_time_signatures,
    )
    return settings if chosen.quiet or chosen.as_json else replace(settings, progress=SeedingProgress())
