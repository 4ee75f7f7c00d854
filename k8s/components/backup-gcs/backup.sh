#!/bin/bash
# Writes the database that $DATABASE_URL_FILE names into $BACKUP_DIR, and reads it once more: a dump that cannot be listed is
# no backup. The name comes last, so that a file of that name is whole.
set -euo pipefail
url=$(<"$DATABASE_URL_FILE")
name=atelier-$(date -u +%Y%m%dT%H%M%SZ).dump
part=$BACKUP_DIR/$name.part
trap 'rm -f "$part"' EXIT
pg_dump --format=custom --no-owner --file="$part" --dbname="${url/+psycopg/}"
pg_restore --list "$part" >/dev/null
mv "$part" "$BACKUP_DIR/$name"
echo "written: $name, $(stat --format=%s "$BACKUP_DIR/$name") bytes"
