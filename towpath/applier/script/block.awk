# A block of lines between two marks in a file of lines that others own. The operations' first line is
# "block TAB digest TAB block"; the block's lines follow.

function marked(all, lines,    start, end) {
    start = index(all, first)
    if (!start) return 0
    end = index(substr(all, start), last)
    if (!end) stop("has the mark " substr(first, 1, length(first) - 1) " without its end; mend the file")
    block_from = start
    block_to = start + end - 1 + length(last)
    return 1
}

BEGIN {
    mode = ARGV[1]
    first = "# towpath " ARGV[7] ": begin\n"
    last = "# towpath " ARGV[7] ": end\n"
    text = slurp(ARGV[3], ARGV[4])
    getline head < ARGV[2]
    split(head, field, "\t")
    lines = ""
    while ((getline line < ARGV[2]) > 0) lines = lines line "\n"
    found = marked(text)
    if (mode == "status") {
        if (field[1] == "block")
            print "block", !found ? "missing" : \
                substr(text, block_from, block_to - block_from) == first lines last ? field[2] : "differs"
        exit 0
    }
    if (found) text = substr(text, 1, block_from - 1) substr(text, block_to)
    if (mode == "merge") {
        if (text != "" && substr(text, length(text)) != "\n") text = text "\n"
        text = text first lines last
    }
    printf "%s", text
    exit 0
}
