#!/usr/bin/env bash
# Plants each bug of names.go in turn and runs the tests of package registry,
# which must go red every time and stay green without a bug.
set -u
cd "$(dirname "$0")/../.." || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -tags plant -c -o "$work/registry.test" ./registry || exit 2
cd registry || exit 2
passed=0 failed=0
verdict() { # verdict NAME WANT GOT
  if [ "$2" = "$3" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "planted bug '$1': the tests are $3, want $2"
    tail -n 20 "$work/log"
  fi
}
run() {
  if INSTAR_PLANT=$1 timeout 120 "$work/registry.test" >"$work/log" 2>&1; then echo green; else echo red; fi
}
verdict none green "$(run none)"
for name in $(sed -n 's/^.*= "\([a-z0-9-]*\)".*$/\1/p' ../internal/plant/names.go); do
  verdict "$name" red "$(run "$name")"
done
echo "planted bugs: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 1 ]
