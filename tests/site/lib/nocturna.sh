# The `nocturna` layout: a compose file per slot and a shared one, ports on the host, nginx on the host. Sourced by `up`.

layout_files() {
    local color
    copy_layout nocturna
    for color in blue green; do
        local api=BLUE_PORT web=BLUE_WEB_PORT
        [ $color = blue ] || { api=GREEN_PORT web=GREEN_WEB_PORT; }
        sed -e "s|@COLOR@|$color|g" -e "s|@API_PORT@|@$api@|g" -e "s|@WEB_PORT@|@$web@|g" \
            "$dir/slot.yml" >"$dir/docker-compose.$color.yml"
    done
    rm -f "$dir/slot.yml"
    fill
    # No IMAGE_TAG here: the one variable serves both slots, as it does in the team's own files.
    write_env
    echo blue >"$dir/.current-env"
    mkdir -p "$dir/backups" "$dir/nginx/tmp"
    local version
    for version in "${versions[@]}"; do docker tag "cutover-site/app:$version" "$site/app:$version"; done
}

layout_start() {
    docker network inspect "$site-network" >/dev/null 2>&1 || docker network create "$site-network" >/dev/null
    compose -f docker-compose.shared.yml up -d --no-build
    export COMPOSE_IGNORE_ORPHANS=1
    compose -f docker-compose.blue.yml up -d --no-build
    until_true 60 "the database is healthy" healthy "$site-postgres"
    docker exec "$site-api-blue" sample-site migrate up >&2
    until_true 60 "the API is healthy" healthy "$site-api-blue"
    until_true 60 "the web service is healthy" healthy "$site-web-blue"
    "$host_nginx" -p "$dir/nginx" -c "$dir/nginx/nginx.conf" >&2
}

layout_check() { curl -fsS "http://127.0.0.1:$port/health"; }
