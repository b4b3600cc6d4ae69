# Names and small things shared by `up`, `down` and `load`. Sourced, never run.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
repository=$(cd "$here/../.." && pwd)
cache=${CUTOVER_SITE_CACHE:-/var/cache/cutover-site}

say() { printf 'site: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# site_name DIR: what everything of this site is called on this machine
site_name() { printf 'site-%s' "$(printf '%s' "$1" | sha256sum | cut -c1-8)"; }

# until_true SECONDS WHAT COMMAND...: polls, never waits a fixed time
until_true() {
    local deadline=$((SECONDS + $1)) what=$2; shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || { say "$what: still not so"; return 1; }
        sleep 0.1
    done
}

# key_of PATH...: changes when a file there does
key_of() {
    (cd "$repository" && find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
}

# source_key: what the sample application was built from
source_key() { key_of src/adapters/demo src/bin/sample-site.rs tests/site/image/Dockerfile.program; }
