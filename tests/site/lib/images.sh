# The images of the sample application, its database and its proxy. Sourced by `up`, under its lock.

versions=(1.0.0 1.1.0 1.2.0 9.0.0-unhealthy 9.0.1-crash 9.0.2-smoke 9.0.3-slow 9.0.4-migration 9.0.5-oom)

build_plain() { # build_plain NAME TAG BASE: an image without the application in it
    say "building cutover-site/$1:$2"
    DOCKER_BUILDKIT=0 docker build -q -f "$here/image/Dockerfile.$1" --build-arg "BASE=$3" \
        --label "cutover-site.key=$plain_key" -t "cutover-site/$1:$2" "$here/image" >/dev/null 2>"$cache/build.log" ||
        die "docker build of $1 failed: see $cache/build.log"
}

is_current() { # is_current IMAGE [KEY]
    [ "$(docker image inspect -f '{{index .Config.Labels "cutover-site.key"}}' "$1" 2>/dev/null)" = "${2:-$key}" ]
}

# need_images: builds what is missing or was made from other sources
need_images() {
    local version
    if ! is_current cutover-site/db:15 "$plain_key" || ! is_current cutover-site/nginx:stable "$plain_key"; then
        need_base_image
        build_plain db 15 cutover-site/base:12
        build_plain nginx stable cutover-site/base:12
    fi
    for version in "${versions[@]}"; do is_current "cutover-site/app:$version" || break; done
    is_current "cutover-site/app:$version" && return 0
    need_app_base
    build_program
    for version in "${versions[@]}"; do build_app "$version"; done
}

# The base without PostgreSQL and its libraries: with fewer files every version is built in a second, not in eight.
need_app_base() {
    docker image inspect cutover-site/base:app >/dev/null 2>&1 && return 0
    need_base_image
    local root=$cache/root.app container
    rm -rf "$root" && mkdir -p "$root"
    container=$(docker create cutover-site/base:12 true)
    docker export "$container" | tar -x -C "$root" --wildcards --exclude='usr/lib/postgresql*' --exclude='usr/share/postgresql*' \
        --exclude='usr/lib/x86_64-linux-gnu/libLLVM*' --exclude='usr/lib/llvm*' --exclude='usr/*/perl*' --exclude='usr/lib/*/perl*' \
        --exclude='usr/share/zoneinfo*' --exclude='usr/share/i18n*' --exclude='var/lib/dpkg/*' --exclude='dev/*'
    docker rm "$container" >/dev/null
    tar -C "$root" -c . | docker import - cutover-site/base:app >/dev/null
    rm -rf "$root"
}

need_binary() {
    binary=$cache/bin/$key/sample-site
    [ -x "$binary" ] && return 0
    command -v cargo >/dev/null || PATH=$HOME/.cargo/bin:$PATH
    say "compiling sample-site"
    (cd "$repository" && cargo build --quiet --features site,crash-points --bin sample-site >&2)
    mkdir -p "$cache/bin/$key"
    cp "${CARGO_TARGET_DIR:-$repository/target}/debug/sample-site" "$binary.new"
    strip "$binary.new"
    mv "$binary.new" "$binary"
}

build_program() { # the layer that all versions share
    say "building cutover-site/program"
    DOCKER_BUILDKIT=0 docker build -q -f "$here/image/Dockerfile.program" -t cutover-site/program:latest \
        "$cache/bin/$key" >/dev/null 2>"$cache/build.log" || die "docker build of program failed: see $cache/build.log"
}

build_app() { # build_app VERSION: names and labels only
    local fault='' container
    case $1 in *-*) fault=${1#*-} ;; esac
    say "building cutover-site/app:$1"
    container=$(docker create cutover-site/program:latest)
    docker commit -c "ENV APP_VERSION=$1 APP_FAULT=$fault" \
        -c "LABEL org.opencontainers.image.version=$1 cutover-site.key=$key" "$container" "cutover-site/app:$1" >/dev/null
    docker rm "$container" >/dev/null
}
