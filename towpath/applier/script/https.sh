# The check of a registry on this machine: TLS with verification, and a password that no process list shows.

# https_answers 200|any: whether the check of the current container ($https, $auth) passes; what came goes to output.
https_answers() {
    [ "${https:--}" != - ] || return 0
    check_text "$https" "$1" || return 1
    server='' identity='' connect='' port='' path='' ca=''
    while read -r key content_value; do
        case $key in
        server) server=$content_value ;;
        identity) identity=$content_value ;;
        connect) connect=$content_value ;;
        port) port=$content_value ;;
        path) path=$content_value ;;
        ca) ca=$content_value ;;
        esac
    done <"$text"
    if [ "$1" = 200 ] && [ "$auth" != - ]; then
        content "$auth"
        header="Authorization: Basic $(cat "$work/content/$auth")"
    else
        header="X-Check: towpath"
    fi
    if command -v curl >/dev/null; then
        by_curl
    elif command -v openssl >/dev/null; then
        by_openssl
    else
        echo "neither curl nor openssl is here to check it with; install one" >"$work/output"
        return 1
    fi
    case $1$answer in
    200200 | any[1-5][0-9][0-9]) return 0 ;;
    esac
    [ "${answer:-000}" = 000 ] || echo "it answers $answer to $path" >"$work/output"
    return 1
}

# check_text N 200|any: set $text to the check's text, in the new document or in the old one.
check_text() {
    if [ "$2" = 200 ]; then
        content "$1"
        text=$work/content/$1
    else
        text=$current/content/$1
    fi
    [ -f "$text" ]
}

by_curl() {
    answer=$(printf 'header = "%s"\n' "$header" | curl -sS -q --config - --noproxy '*' --max-time 10 --cacert "$ca" \
        --connect-to "$server:$port:$connect:$port" -o /dev/null -w '%{http_code}' "https://$server:$port$path" \
        2>"$work/output") || answer=000
}

# Identity is "-verify_ip ADDRESS" or "-verify_hostname NAME".
by_openssl() {
    answer=$(printf 'GET %s HTTP/1.0\r\nHost: %s:%s\r\n%s\r\n\r\n' "$path" "$server" "$port" "$header" |
        timeout 10 openssl s_client -quiet -connect "$connect:$port" -CAfile "$ca" -verify_return_error \
            "${identity%% *}" "${identity#* }" 2>"$work/output" | sed -n '1s/^HTTP\/[0-9.]* \([0-9]*\).*/\1/p')
}
