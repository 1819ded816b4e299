# What the awk programs share: the text at hand is text, the place in it is at.

function stop(message) {
    print message | "cat 1>&2"
    close("cat 1>&2")
    exit 1
}

function slurp(file, newline,    line, all) {
    if (file == "") return ""
    all = ""
    while ((getline line < file) > 0) all = all line "\n"
    close(file)
    return newline == "yes" ? all : substr(all, 1, length(all) - 1)
}

function peek() {
    return substr(text, at, 1)
}

function line_number(    head) {
    head = substr(text, 1, at)
    return gsub(/\n/, "", head) + 1
}
