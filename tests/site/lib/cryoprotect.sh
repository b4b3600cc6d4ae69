# The `cryoprotect` layout: one service per slot without a container name, a whole server block switched, no state
# file, and answers that do not name the slot. Sourced by `up`.

layout_files() {
    local slots='' color
    for color in blue green; do
        slots+=$(sed -e "s|@COLOR@|$color|g" -e "s|@UPPER@|${color^^}|g" "$here/layouts/cryoprotect/slot.yml")$'\n\n'
    done
    copy_layout cryoprotect
    SLOTS=$slots fill
    rm -f "$dir/slot.yml"
    cp "$dir/nginx/conf.d/blue.conf" "$dir/nginx/conf.d/active.conf"
    write_env BLUE_VERSION=1.0.0 GREEN_VERSION=1.0.0
    mkdir -p "$dir/backups"
}

container_of() { docker ps -q --filter "label=com.docker.compose.project=$site" --filter "label=com.docker.compose.service=$1"; }

layout_start() {
    compose -f docker-compose.blue-green.yml up -d --no-build db cryoprotect-blue
    local blue
    blue=$(container_of cryoprotect-blue)
    until_true 60 "the database is healthy" healthy "$(container_of db)"
    docker exec "$blue" sample-site migrate up >&2
    until_true 60 "cryoprotect-blue is healthy" healthy "$blue"
    compose -f docker-compose.blue-green.yml up -d --no-build --no-deps nginx
}

layout_check() { curl -fsS "http://127.0.0.1:$port/health"; }
