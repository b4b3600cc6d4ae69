# Puts a layout's files into the site's folder. Sourced by `up`.

copy_layout() { cp -R "$here/layouts/$1/." "$dir/"; }

# fill: replaces @NAME@ in every file. Values may have several lines, so this is no work for sed.
fill() {
    local file text name value keepalive=
    # Only since nginx 1.27.4: idle client connections survive a reload long enough not to be lost by it.
    [ "$nginx" = stable ] || keepalive=$'    keepalive_min_timeout 2s;\n'
    local -A values=([SITE]=$site [PORT]=$port [COMPOSE]="\"$compose_command\"" [NGINX]=$nginx [KEEPALIVE]=$keepalive [DIR]=$dir
        [SLOTS]=${SLOTS-} [MOUNT]=${MOUNT-} [SWITCH]=${SWITCH-} [HOST_NGINX]=${host_nginx-}
        [BLUE_PORT]=$((port + 1)) [GREEN_PORT]=$((port + 2)) [BLUE_WEB_PORT]=$((port + 3)) [GREEN_WEB_PORT]=$((port + 4)))
    while IFS= read -r -d '' file; do
        text=$(cat "$file"; printf x)
        text=${text%x}
        # Twice, because a value may hold names itself.
        for name in "${!values[@]}" "${!values[@]}"; do
            value=${values[$name]}
            text=${text//"@$name@"/"$value"}
        done
        printf '%s' "$text" >"$file"
    done < <(find "$dir" -type f -print0)
}

# write_env NAME=VALUE...: secrets of this site's own, readable by its owner only
write_env() {
    (umask 077 && {
        echo "COMPOSE_PROJECT_NAME=$site"
        echo "POSTGRES_PASSWORD=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')"
        echo "JWT_SECRET=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')"
        printf '%s\n' "$@"
    } >"$dir/.env")
}
