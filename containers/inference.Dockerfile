# syntax=docker/dockerfile:1
# What draws: under Ray Serve on a cluster, or by itself. Two targets, since torch for CUDA brings its libraries along:
#   docker build -f containers/inference.Dockerfile --target cpu -t registry.invalid/atelier/inference:0.1.0 \
#     --build-arg TORCH_INDEX="--index-url …" .        # PyTorch's index of CPU wheels
#   docker build -f containers/inference.Dockerfile --target cuda -t registry.invalid/atelier/inference-cuda:0.1.0 .
# Head, workers and the backend's image have the same minor version of Python, which Ray asks for.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
ARG TORCH_INDEX=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /app
RUN python -m venv /opt/venv
COPY pyproject.toml constraints.txt containers/requirements.py ./
# Torch by itself first: what it needs comes with the rest, from the usual index.
# hadolint ignore=SC2086
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --no-deps ${TORCH_INDEX} -c constraints.txt torch \
    && python requirements.py inference > requirements.txt \
    && /opt/venv/bin/pip install -c constraints.txt -r requirements.txt
COPY README.md LICENSE ./
COPY backend backend
COPY webui webui
COPY inference inference
COPY assets assets
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --no-deps -e . \
    && /opt/venv/bin/python -m compileall -q /opt/venv /app \
    && rm requirements.py requirements.txt

FROM ${BASE} AS cpu
LABEL org.opencontainers.image.title="Atelier inference" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000 8010
CMD ["python", "-m", "inference", "--host=0.0.0.0"]

# The driver is the machine's; everything else of CUDA came with torch.
FROM cpu AS cuda
LABEL org.opencontainers.image.title="Atelier inference for CUDA"
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
