#!/usr/bin/env bash
# Installs what the tests need and the machine lacks: the server programs of
# PostgreSQL. Without the right to install, it says what to install.
set -euo pipefail
have_postgres() {
  command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ||
    { command -v pg_config >/dev/null 2>&1 && [ -x "$(pg_config --bindir)/initdb" ]; }
}
have_postgres && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
fi
have_postgres || {
  echo "setup: the tests need the PostgreSQL server programs (initdb, pg_ctl, postgres)." >&2
  echo "setup: install them, on Debian and Ubuntu with: apt-get install postgresql" >&2
  exit 1
}
