# The page, then the program with the page compiled in, then a small image with the program and what it needs to run.
# Models are fetched at the first start into the volume, so that they outlive the container.

FROM node:20-bookworm-slim AS page
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM rust:1.95-bookworm AS program
WORKDIR /src
COPY . .
COPY --from=page /src/web/dist web/dist
COPY --from=page /src/web/node_modules web/node_modules
RUN cargo build --release --locked -p lectern \
 && mkdir -p /out/bin /out/doc \
 && cp target/release/lectern /out/bin/ \
 && python3 packaging/third_party.py >/out/doc/THIRD-PARTY.txt \
 && cp LICENSE NOTICE README.md CHANGELOG.md docs/*.md configs/default.toml /out/doc/

FROM debian:bookworm-slim
# pip fetches models and native libraries; they need the C++ library. Python asks for health below.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libstdc++6 python3 python3-pip \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/lectern --create-home --shell /usr/sbin/nologin lectern
COPY --from=program /out/bin/lectern /usr/bin/lectern
COPY --from=program /out/doc /usr/share/doc/lectern
USER lectern
WORKDIR /var/lib/lectern
# Inside a container every address is another machine's: without LECTERN_SERVER__API_KEY it refuses to start.
ENV LECTERN_SERVER__HOST=0.0.0.0 \
    LECTERN_DATA_DIR=/var/lib/lectern/data \
    LECTERN_MODELS=/var/lib/lectern/models \
    ORT_DISABLE_TELEMETRY=1
VOLUME /var/lib/lectern
EXPOSE 8080
# The first start fetches about 300 MB.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10m \
  CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/health/ready', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["sh", "-c", "lectern models pull && exec lectern serve"]
