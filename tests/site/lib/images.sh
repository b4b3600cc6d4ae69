# The images of the sample application, its database and its proxy. Sourced by `up`, under its lock.

versions=(1.0.0 1.1.0 1.2.0 9.0.0-unhealthy 9.0.1-crash 9.0.2-smoke 9.0.3-slow 9.0.4-migration 9.0.5-oom)

build_plain() { # build_plain NAME TAG BASE: an image without the application in it
    say "building cutover-site/$1:$2"
    DOCKER_BUILDKIT=0 docker build -q -f "$here/image/Dockerfile.$1" --build-arg "BASE=$3" \
        --label "cutover-site.key=$key" -t "cutover-site/$1:$2" "$here/image" >/dev/null 2>"$cache/build.log" ||
        die "docker build of $1 failed: see $cache/build.log"
}

is_current() { [ "$(docker image inspect -f '{{index .Config.Labels "cutover-site.key"}}' "$1" 2>/dev/null)" = "$key" ]; }

# need_images: builds what is missing or was made from other sources
need_images() {
    local version
    for version in "${versions[@]}"; do is_current "cutover-site/app:$version" || break; done
    if is_current "cutover-site/app:$version" && is_current cutover-site/db:15 && is_current cutover-site/nginx:stable; then
        return 0
    fi
    need_base_image
    build_plain db 15 cutover-site/base:12
    build_plain nginx stable cutover-site/base:12
    build_program
    for version in "${versions[@]}"; do build_app "$version"; done
}

need_binary() {
    binary=$cache/bin/$key/sample-site
    [ -x "$binary" ] && return 0
    command -v cargo >/dev/null || PATH=$HOME/.cargo/bin:$PATH
    say "compiling sample-site"
    (cd "$repository" && cargo build --quiet --features site --bin sample-site >&2)
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
    local fault=
    case $1 in *-*) fault=${1#*-} ;; esac
    say "building cutover-site/app:$1"
    DOCKER_BUILDKIT=0 docker build -q -t "cutover-site/app:$1" - >/dev/null 2>"$cache/build.log" <<END ||
FROM cutover-site/program:latest
ENV APP_VERSION="$1" APP_FAULT="$fault"
LABEL org.opencontainers.image.version="$1" cutover-site.key="$key"
END
        die "docker build of app failed: see $cache/build.log"
}
