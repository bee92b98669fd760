"""Receivers of deliveries on FastAPI and Flask that verify signatures with Stripe's SDK, and one that does so wrongly.

`python receivers.py fastapi|flask|flask-parsed PORT`; OUTBOUND_WEBHOOK_SECRET is the secret.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import stripe
import uvicorn
from fastapi import FastAPI, Header, Request, Response
from flask import Flask, request

SECRET = os.environ["OUTBOUND_WEBHOOK_SECRET"]


def status(body: bytes, signature: str) -> int:
    """What a delivery is answered with: 204, or 400 where it is not signed, too old, or no event."""
    try:
        stripe.WebhookSignature.verify_header(body.decode(), signature, SECRET, 300)
        event = json.loads(body)
    except (stripe.SignatureVerificationError, ValueError, RecursionError):
        return 400
    return 204 if isinstance(event, dict) and "eventType" in event else 400


def on_fastapi(port: int) -> None:
    """Serve with FastAPI."""
    app = FastAPI()

    @app.post("/hook")
    async def hook(delivery: Request, x_outbound_signature: Annotated[str, Header()] = "") -> Response:
        return Response(status_code=status(await delivery.body(), x_outbound_signature))

    uvicorn.run(app, port=port, log_level="warning")


def on_flask(port: int) -> None:
    """Serve with Flask."""
    app = Flask(__name__)

    @app.post("/hook")
    def hook() -> tuple[str, int]:
        return "", status(request.get_data(), request.headers.get("X-Outbound-Signature", ""))

    app.run(port=port)


def on_flask_parsed(port: int) -> None:
    """Serve with Flask, wrongly: what is verified is the JSON as it is serialized anew."""
    app = Flask(__name__)

    @app.post("/hook")
    def hook() -> tuple[str, int]:
        body = json.dumps(request.get_json(silent=True), separators=(",", ":"), ensure_ascii=False).encode()
        return "", status(body, request.headers.get("X-Outbound-Signature", ""))

    app.run(port=port)


if __name__ == "__main__":
    {"fastapi": on_fastapi, "flask": on_flask, "flask-parsed": on_flask_parsed}[sys.argv[1]](int(sys.argv[2]))
