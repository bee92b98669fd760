# The kit in containers: `--target mock` (the last stage, the default) and `--target gate`.
FROM python:3.11-slim AS wheel
WORKDIR /kit
COPY pyproject.toml setup.py README.md LICENSE outbound_mock.py outbound_pyargs.py ./
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
ENTRYPOINT ["outbound-conformance", "-p", "no:cacheprovider", "--report", "/report"]

# docker run -p 8080:8080 IMAGE --control-token TOKEN
FROM python:3.11-slim AS mock
RUN --mount=type=bind,from=wheel,source=/wheel,target=/wheel \
    pip install --no-cache-dir "$(echo /wheel/*.whl)[cluster]" \
    && useradd --uid 10001 --create-home outbound
USER 10001
WORKDIR /home/outbound
ENV OUTBOUND_MOCK_HOST=0.0.0.0 OUTBOUND_MOCK_PORT=8080
EXPOSE 8080
# The documentation is served to everybody; the control API, its health among it, wants the token.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["python", "-P", "-c", \
    "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"OUTBOUND_MOCK_PORT\"]}/api-docs/openapi.json', timeout=2)"]
ENTRYPOINT ["outbound-mock"]
