# What a machine needs once: packages, the base image, Compose v2, nginx for the host. Sourced by `up`, under its lock.

need_packages() { # need_packages COMMAND:PACKAGE...
    local missing=() pair
    for pair; do command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}"); done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

need_docker() {
    need_packages docker:docker.io docker-compose:docker-compose curl:curl
    docker info >/dev/null 2>&1 && return 0
    say "starting docker"
    service docker start >&2 || true
    until_true 60 "docker answers" docker info
}

need_base_image() {
    docker image inspect cutover-site/base:12 >/dev/null 2>&1 && return 0
    need_packages debootstrap:debootstrap
    import_suite bookworm nginx-light,postgresql-15,curl,wget,ca-certificates,procps cutover-site/base:12
}

# Debian's newest nginx, for what the stable one does not have (keepalive_min_timeout)
need_unstable_nginx() {
    docker image inspect cutover-site/nginx:unstable >/dev/null 2>&1 && return 0
    need_packages debootstrap:debootstrap
    import_suite sid nginx,curl,ca-certificates cutover-site/base:unstable
    build_plain nginx unstable cutover-site/base:unstable
}

import_suite() { # import_suite SUITE PACKAGES TAG
    local root=$cache/root.$1
    say "assembling $3 from Debian packages, about a minute"
    rm -rf "$root"
    debootstrap --variant=minbase --include="$2" "$1" "$root" http://deb.debian.org/debian >"$cache/debootstrap.$1.log" 2>&1 ||
        die "debootstrap failed: see $cache/debootstrap.$1.log"
    tar -C "$root" --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude='./usr/share/doc/*' \
        --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./dev/*' --exclude='./proc/*' \
        --exclude='./sys/*' -c . | docker import - "$3" >/dev/null
    rm -rf "$root"
}

# deb_of SUITE PACKAGE: fetches one package with an apt of its own and unpacks it into the cache
deb_of() {
    local apt=$cache/apt.$1 target=$cache/$2.$1
    [ -e "$target/.complete" ] && return 0
    say "fetching $2 of Debian $1"
    rm -rf "$target" && mkdir -p "$target" "$apt"/{lists/partial,archives/partial,parts}
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $1 main" >"$apt/sources.list"
    : >"$apt/status"
    local own=(-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/parts"
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache::Archives="$apt/archives"
        -o Dir::State::Status="$apt/status" -o APT::Sandbox::User=root)
    apt-get "${own[@]}" -qq update >&2
    (cd "$target" && apt-get "${own[@]}" -qq download "$2" >&2 && dpkg -x ./*.deb . && rm -f ./*.deb)
    touch "$target/.complete"
}

need_compose_v2() {
    deb_of trixie docker-compose
    compose_v2=$(find "$cache/docker-compose.trixie/usr" -type f -name docker-compose -perm -u+x | head -n1)
    [ -n "$compose_v2" ] || die "the docker-compose package of trixie holds no docker-compose"
}

# The nginx program for the host, without its service: nothing listens until a site starts it
need_host_nginx() {
    deb_of bookworm nginx
    host_nginx=$cache/nginx.bookworm/usr/sbin/nginx
    "$host_nginx" -v 2>/dev/null || die "$host_nginx does not run here: apt-get install libssl3 libpcre2-8-0"
}
