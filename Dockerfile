# The server in two stages: dependencies by hash, then a small image without a compiler, for a user who is not root.
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements/server.txt requirements/server.txt
RUN python -m venv /opt/aldaba \
    && /opt/aldaba/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/server.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/aldaba/bin/pip install --no-cache-dir --no-build-isolation --no-deps .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin aldaba \
    && install -d -m 0700 -o aldaba -g aldaba /var/lib/aldaba
COPY --from=build /opt/aldaba /opt/aldaba
ENV PATH=/opt/aldaba/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SQLITE_TMPDIR=/var/lib/aldaba \
    ALDABA_DATA=/var/lib/aldaba
USER aldaba
VOLUME /var/lib/aldaba
EXPOSE 8080
# The root file system may be read-only: everything written stands in the volume.
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health/ready', timeout=3)"]
ENTRYPOINT ["aldaba"]
CMD ["serve", "--host", "0.0.0.0"]
