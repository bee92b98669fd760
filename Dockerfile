# The kit in containers: `--target mock` (the last stage, the default) and `--target gate`.
FROM python:3.11-slim AS wheel
WORKDIR /kit
COPY pyproject.toml setup.py README.md LICENSE outbound_pyargs.py ./
COPY outbound_mock outbound_mock
COPY spec spec
COPY mockserver mockserver
COPY conformance conformance
COPY loadtests loadtests
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .

# docker run -e OUTBOUND_API_KEY=obk_live_… -v "$PWD/report:/report" IMAGE --base-url https://staging.example
FROM python:3.11-slim AS gate
RUN --mount=type=bind,from=wheel,source=/wheel,target=/wheel \
    pip install --no-cache-dir "$(echo /wheel/*.whl)[gate]" \
    && useradd --uid 10001 --create-home outbound \
    && install -d -o outbound /report
USER 10001
WORKDIR /home/outbound
VOLUME /report
ENTRYPOINT ["outbound-conformance", "--report", "/report"]

# docker run -p 8080:8080 IMAGE --control-token TOKEN
FROM python:3.11-slim AS mock
RUN --mount=type=bind,from=wheel,source=/wheel,target=/wheel \
    pip install --no-cache-dir "$(echo /wheel/*.whl)[cluster]" \
    && useradd --uid 10001 --create-home outbound
USER 10001
WORKDIR /home/outbound
ENV OUTBOUND_MOCK_HOST=0.0.0.0 OUTBOUND_MOCK_PORT=8080
EXPOSE 8080
# The documentation is served to everybody; the control API, its health among it, wants the token. With --tls it is served by https, under
# an authority that the health check does not know.
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s --retries=3 CMD ["/bin/sh", "-c", "for scheme in http https; do \
    python -P -c 'import ssl, sys, urllib.request as web; web.urlopen(sys.argv[1], timeout=2, context=ssl._create_unverified_context())' \
    $scheme://127.0.0.1:$OUTBOUND_MOCK_PORT/api-docs/openapi.json 2>/dev/null && exit 0; done; exit 1"]
ENTRYPOINT ["outbound-mock"]
