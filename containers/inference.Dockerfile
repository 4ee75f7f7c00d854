# syntax=docker/dockerfile:1
# What draws: under Ray Serve on a cluster, or by itself. Two targets, since torch for CUDA brings its libraries along.
# Built by `make images`, which says from which base, by digest (docs/operate/images.md).
# Head, workers and the backend's image have the same minor version of Python, which Ray asks for.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
ARG TORCH_INDEX=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /build
# Pip has an environment of its own, so that what is shipped holds none.
RUN python -m venv /opt/pip && python -m venv --without-pip /opt/venv
COPY pyproject.toml constraints.txt containers/requirements.py containers/slim.py ./
# Torch by itself first: what it needs comes with the rest, from the usual index.
# hadolint ignore=SC2086
RUN --mount=type=cache,target=/root/.cache/pip \
    python requirements.py inference > requirements.txt \
    && /opt/pip/bin/pip --python /opt/venv/bin/python install --no-compile --no-deps ${TORCH_INDEX} -c constraints.txt torch \
    && /opt/pip/bin/pip --python /opt/venv/bin/python install --no-compile -c constraints.txt -r requirements.txt \
    && python slim.py /opt/venv/lib/python3.11/site-packages

# A layer of its own: a new version of the code leaves that of the packages as it is.
FROM packages AS code
WORKDIR /app
COPY README.md LICENSE pyproject.toml ./
COPY inference inference
COPY assets assets
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/pip/bin/pip --python /opt/venv/bin/python install --no-compile --no-deps --target /build/atelier . \
    && mv /build/atelier/atelier-*.dist-info /build/atelier/bin . \
    && rm -r build ./*.egg-info \
    && python -m compileall -q --invalidation-mode unchecked-hash .

FROM ${BASE} AS cpu
LABEL org.opencontainers.image.title="Atelier inference" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/app/bin:/opt/venv/bin:$PATH PYTHONPATH=/app HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The base's own pip goes: nothing is installed into a running image. Nor does any program in it lend root's rights.
RUN rm -rf /usr/local/lib/python3.11/ensurepip /usr/local/lib/python3.11/site-packages/* /usr/local/bin/pip* \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=packages /opt/venv /opt/venv
COPY --from=code /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000 8010
# By itself it answers on 8010; a pod of Ray's has a probe of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8010/healthz', timeout=3)"]
CMD ["python", "-m", "inference", "--host=0.0.0.0"]

# The driver is the machine's; everything else of CUDA came with torch.
FROM cpu AS cuda
LABEL org.opencontainers.image.title="Atelier inference for CUDA"
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
