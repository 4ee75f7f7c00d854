#!/usr/bin/env bash
# A base for a machine that cannot pull: Debian with its Python 3.11, made of Debian's packages. For trying, never for a cluster.
#   sudo containers/standin-base.sh        # makes localhost/atelier-base:bookworm
set -euo pipefail
name=localhost/atelier-base:bookworm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# As small as the official one: no manuals, no translations, no lists of packages. Who wrote what stays in /usr/share/doc.
mmdebstrap --quiet --variant=minbase --include=python3-minimal,python3-venv,python-is-python3,ca-certificates \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/* "$1"/var/log/*' \
  bookworm "$work/base.tar"
printf 'FROM scratch\nADD base.tar /\nCMD ["python"]\n' > "$work/Dockerfile"
for builder in ${BUILDER:-docker podman buildah}; do "$builder" info >/dev/null 2>&1 && break; done
"$builder" build --quiet -t "$name" "$work"
echo "$name"
