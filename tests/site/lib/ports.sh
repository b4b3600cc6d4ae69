# Ten ports per site, so that several sites can run at once. Sourced by `up`, under its lock.

is_free() { ! ss -Hltn | awk '{print $4}' | grep -qE ":($1)\$"; }

# reserve_ports DIR [BASE]: prints the first of ten ports and remembers whose they are until `down`
reserve_ports() {
    local base=$2 taken=$cache/ports
    mkdir -p "$taken"
    if [ -z "$base" ]; then
        for ((base = 20000; base < 30000; base += 10)); do
            [ -e "$taken/$base" ] && continue
            is_free "$(seq -s '|' "$base" $((base + 9)))" && break
        done
        ((base < 30000)) || die "no ten free ports between 20000 and 30000"
    fi
    is_free "$base" || die "port $base is taken"
    printf '%s\n' "$1" >"$taken/$base"
    printf '%s\n' "$base"
}

# release_ports DIR
release_ports() {
    local file
    for file in "$cache"/ports/*; do
        [ ! -e "$file" ] || [ "$(cat "$file")" != "$1" ] || rm -f "$file"
    done
}
