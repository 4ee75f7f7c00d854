# syntax=docker/dockerfile:1
# The backend and the pages; the same image serves, dispatches and migrates. Draws nothing: no torch in it.
#   docker build -f containers/backend.Dockerfile -t registry.invalid/atelier/backend:0.1.0 .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /app
RUN python -m venv /opt/venv
COPY pyproject.toml constraints.txt containers/requirements.py ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python requirements.py gcs > requirements.txt \
    && /opt/venv/bin/pip install -c constraints.txt -r requirements.txt
COPY README.md LICENSE ./
COPY backend backend
COPY webui webui
COPY inference inference
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --no-deps -e . \
    && /opt/venv/bin/python -m compileall -q /opt/venv /app \
    && rm requirements.py requirements.txt

FROM ${BASE}
LABEL org.opencontainers.image.title="Atelier backend" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ATELIER_DATA_DIR=/var/lib/atelier
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /app /app
RUN install -d -o 10001 -g 10001 /var/lib/atelier
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
ENTRYPOINT ["atelier"]
CMD ["up", "--no-browser"]
