# syntax=docker/dockerfile:1
# The backend and the pages; the same image serves, dispatches and migrates. Draws nothing: no torch in it.
# Built by `make images`, which says from which base, by digest (docs/operate/images.md).
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /build
# Pip has an environment of its own, so that what is shipped holds none.
RUN python -m venv /opt/pip && python -m venv --without-pip /opt/venv
COPY pyproject.toml constraints.txt containers/requirements.py containers/slim.py ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python requirements.py studio gcs > requirements.txt \
    && /opt/pip/bin/pip --python /opt/venv/bin/python install --no-compile -c constraints.txt -r requirements.txt \
    && python slim.py /opt/venv/lib/python3.11/site-packages

# A layer of its own: a new version of the code leaves that of the packages as it is.
FROM packages AS code
WORKDIR /app
COPY README.md LICENSE pyproject.toml ./
COPY backend backend
COPY webui webui
COPY inference inference
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/pip/bin/pip --python /opt/venv/bin/python install --no-compile --no-deps --target /build/atelier . \
    && mv /build/atelier/atelier-*.dist-info /build/atelier/bin . \
    && rm -r build ./*.egg-info \
    && python -m compileall -q --invalidation-mode unchecked-hash .

FROM ${BASE}
LABEL org.opencontainers.image.title="Atelier backend" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/app/bin:/opt/venv/bin:$PATH PYTHONPATH=/app HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ATELIER_DATA_DIR=/var/lib/atelier
# The base's own pip goes: nothing is installed into a running image. Nor does any program in it lend root's rights.
RUN rm -rf /usr/local/lib/python3.11/ensurepip /usr/local/lib/python3.11/site-packages/* /usr/local/bin/pip* \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
    && install -d -o 10001 -g 10001 /var/lib/atelier
COPY --from=packages /opt/venv /opt/venv
COPY --from=code /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
ENTRYPOINT ["atelier"]
CMD ["up", "--no-browser"]
