# All questions: the quick ones in turn, the network's all at once.

answer_questions() {
    pulls=0
    while read -r kind first rest; do
        # shellcheck disable=SC2086  # the fields have no spaces in them
        case $kind in
        unit) look_at_unit "$first" $rest ;;
        space) look_at_space "$first" ;;
        resolve) resolve "$first" ;;
        tls) speak_tls "$first" $rest & ;;
        pull)
            pulls=$((pulls + 1))
            pull "$pulls" "$first" $rest &
            ;;
        esac
    done <"$work/questions"
    look_at_docker
    wait
    cat "$work"/*.answer 2>/dev/null
}

[ "$(id -u)" = 0 ] || abort "$(id -un) is not root here; log in as root, or say how to become root (sudo)"
make_work
read_questions
echo "towpath-doctor-answer 1"
echo "began $(date +%s)"
command -v openssl >/dev/null && echo "openssl found"
answer_questions
echo "ended $(date +%s)"
