# The server in a container. It was not built where this was written: there was no Docker there. docs/OPERATIONS.md, "In containers".
FROM python:3.11-slim-bookworm

# Chinese letters for printed briefings.
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/fangyi
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt

COPY LICENSE pyproject.toml ./
COPY assets assets
COPY geo geo
COPY layers layers
COPY dashboard dashboard

# A user of its own, who may write what is kept and the keys, and no line of the program.
RUN useradd --system --create-home --uid 10001 fangyi \
 && install -d -o fangyi -g fangyi -m 0700 /var/lib/fangyi /var/lib/fangyi-keys
USER fangyi
ENV PYTHONUNBUFFERED=1 \
    FANGYI_MODE=production \
    FANGYI_VAR=/var/lib/fangyi \
    FANGYI_KEYS=/var/lib/fangyi-keys \
    MPLCONFIGDIR=/var/lib/fangyi/matplotlib \
    FANGYI_HOST=0.0.0.0 \
    FANGYI_PORT=8050
VOLUME ["/var/lib/fangyi", "/var/lib/fangyi-keys"]
EXPOSE 8050
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8050/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "dashboard", "serve"]
