# Set, take out or compare keys of a TOML file (v1.0.0) and leave every other byte as it is, comments too.
# Statements are kept as kind[] (table, array or key), path[] (parts, each with SUBSEP before it), begin[] and finish[]
# (the line's start and one past its end), from[] and to[] (the value).

function broken() {
    stop("is not valid TOML (line " line_number() "); mend the file")
}

function blanks(    c) {
    for (c = peek(); c == " " || c == "\t" || c == "\r"; c = peek()) at++
}

# Skip blanks, line breaks and comments, as allowed in an array.
function gaps() {
    for (blanks(); peek() == "\n" || peek() == "#"; blanks()) {
        if (peek() == "#") comment()
        else at++
    }
}

function comment() {
    while (peek() != "" && peek() != "\n") at++
}

# Blanks, perhaps a comment, and the end of the line.
function line_end() {
    blanks()
    if (peek() == "#") comment()
    if (peek() == "\n") at++
    else if (peek() != "") broken()
}

# Read a string and return what stands between its quotes.
function quoted(    q, c, start) {
    q = peek()
    if (substr(text, at, 3) == q q q) return long_quoted(q)
    start = ++at
    for (c = peek(); c != q; c = peek()) {
        if (c == "" || c == "\n") broken()
        at += (c == "\\" && q == "\"") ? 2 : 1
    }
    at++
    return substr(text, start, at - start - 1)
}

function long_quoted(q,    c, start) {
    at += 3
    start = at
    for (c = peek(); substr(text, at, 3) != q q q; c = peek()) {
        if (c == "") broken()
        at += (c == "\\" && q == "\"") ? 2 : 1
    }
    at += 3
    while (peek() == q) at++
    return substr(text, start, at - start - 3)
}

# Read a key with dots and return its parts, each with SUBSEP before it.
function key(    parts, start) {
    parts = ""
    while (1) {
        blanks()
        if (peek() == "\"" || peek() == "'") {
            if (substr(text, at + 1, 2) == peek() peek()) broken()
            parts = parts SUBSEP quoted()
        } else {
            start = at
            while (peek() ~ /[A-Za-z0-9_-]/ || (in_operation && peek() == "*")) at++
            if (at == start) broken()
            parts = parts SUBSEP substr(text, start, at - start)
        }
        blanks()
        if (peek() != ".") return parts
        at++
    }
}

function value(depth,    c, word) {
    c = peek()
    if (depth > 200) stop("is nested too deep")
    if (c == "\"" || c == "'") quoted()
    else if (c == "[" || c == "{") group(c, depth)
    else {
        word = ""
        while (peek() != "" && !index(",]}#\n\r", peek())) { word = word peek(); at++ }
        while (word ~ /[ \t]$/) { word = substr(word, 1, length(word) - 1); at-- }
        if (word !~ /^[-+A-Za-z0-9_.:]+( [0-9][-+0-9.:Zz]*)?$/) broken()
    }
}

function group(opening, depth,    closing) {
    closing = opening == "{" ? "}" : "]"
    at++
    gaps()
    while (peek() != closing) {
        if (opening == "{") {
            key()
            if (peek() != "=") broken()
            at++
            blanks()
        }
        value(depth + 1)
        gaps()
        if (peek() == ",") { at++; gaps() }
        else if (peek() != closing) broken()
    }
    at++
}

function parse(source,    table, start) {
    text = source
    statements = 0
    at = 1
    table = ""
    while (peek() != "") {
        start = at
        blanks()
        if (peek() == "\n" || peek() == "#" || peek() == "") { line_end(); continue }
        statements++
        begin[statements] = start
        table = statement(statements, table)
        line_end()
        finish[statements] = at
    }
}

function statement(s, table,    double) {
    in_table[s] = table
    if (peek() != "[") {
        kind[s] = "key"
        path[s] = table key()
        if (peek() != "=") broken()
        at++
        blanks()
        from[s] = at
        value(0)
        to[s] = at
        return table
    }
    double = substr(text, at, 2) == "[["
    at += 1 + double
    kind[s] = double ? "array" : "table"
    path[s] = key()
    if (substr(text, at, 1 + double) != (double ? "]]" : "]")) broken()
    at += 1 + double
    return path[s]
}

# The parts of a key that stands by itself in an operation.
function parts_of(written,    kept_text, kept_at, parts) {
    if (written == "") return ""
    kept_text = text
    kept_at = at
    text = written
    at = 1
    in_operation = 1
    parts = key()
    in_operation = 0
    text = kept_text
    at = kept_at
    return parts
}

function starts(whole, head) {
    return head == "" || (substr(whole, 1, length(head)) == head && \
        (length(whole) == length(head) || substr(whole, length(head) + 1, 1) == SUBSEP))
}

function find(wanted, what,    s) {
    for (s = 1; s <= statements; s++) if (kind[s] == what && path[s] == wanted) return s
    return 0
}
