# The `ala` layout: one compose file, two services per slot, nginx in a container. Sourced by `up`.

layout_files() {
    local slots='' color
    for color in blue green; do
        slots+=$(sed -e "s|@COLOR@|$color|g" -e "s|@UPPER@|${color^^}|g" "$here/layouts/ala/slot.yml")$'\n\n'
    done
    local mount='./nginx:/etc/nginx/conf.d:ro'
    local text='upstream api {\n    server api-{color}:5000;\n}\nupstream frontend {\n    server frontend-{color}:8080;\n}\n'
    local switch
    case $switch_kind in
    copy) switch='{ kind = "copy", from = "nginx/upstream-{color}.conf", to = "nginx/upstream-active.conf" }' ;;
    link) switch='{ kind = "link", from = "nginx/upstream-{color}.conf", to = "nginx/upstream-active.conf" }' ;;
    render) switch="{ kind = \"render\", to = \"nginx/upstream-active.conf\", text = \"$text\" }" ;;
    edit) switch='{ kind = "edit", in = "nginx/upstream-active.conf", replace = "-{color}:" }' ;;
    esac
    copy_layout ala
    if [ "$mount_kind" = file ]; then
        [ "$switch_kind" != link ] || die "--mount file cannot follow a link: use --switch copy, render or edit"
        mount=$'./nginx/site.conf:/etc/nginx/conf.d/site.conf:ro\n      - ./nginx/upstream-active.conf:/etc/nginx/conf.d/upstream-active.conf:ro'
    fi
    SLOTS=$slots MOUNT=$mount SWITCH=$switch fill
    rm -f "$dir/slot.yml"
    case $switch_kind in
    link) ln -s upstream-blue.conf "$dir/nginx/upstream-active.conf" ;;
    *) cp "$dir/nginx/upstream-blue.conf" "$dir/nginx/upstream-active.conf" ;;
    esac
    case $switch_kind in render | edit) rm -f "$dir"/nginx/upstream-{blue,green}.conf ;; esac
    write_env BLUE_VERSION=1.0.0 GREEN_VERSION=1.0.0
    echo blue >"$dir/.current-env"
    mkdir -p "$dir/backups"
}

layout_start() {
    compose -f docker-compose.bluegreen.yml up -d --no-build db api-blue frontend-blue
    until_true 60 "the database is healthy" healthy "$site-db"
    docker exec "$site-api-blue" sample-site migrate up >&2
    until_true 60 "api-blue is healthy" healthy "$site-api-blue"
    until_true 60 "frontend-blue is healthy" healthy "$site-frontend-blue"
    compose -f docker-compose.bluegreen.yml up -d --no-build --no-deps proxy
}

layout_check() { curl -fsS "http://127.0.0.1:$port/api/health" && curl -fsS "http://127.0.0.1:$port/"; }
