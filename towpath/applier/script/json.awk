# Set, take out or compare top-level members of a JSON object (RFC 8259) and leave every other byte as it is.
# Arguments: MODE OPERATIONS BASE BASE-ENDS-IN-NEWLINE ORIGINAL ORIGINAL-ENDS-IN-NEWLINE.
# An operation is "set TAB digest TAB key TAB value" or "union TAB digest TAB key TAB list"; values are JSON without
# line breaks. A member's place in text is kept in name[], key_from[], from[] and to[] (to is one past the end).

function broken() {
    stop("is not valid JSON (line " line_number() "); mend the file")
}

function blanks(    c) {
    for (c = peek(); c == " " || c == "\t" || c == "\n" || c == "\r"; c = peek()) at++
}

function string(    c) {
    if (peek() != "\"") broken()
    for (at++; 1; at++) {
        c = peek()
        if (c == "\"") { at++; return }
        if (c == "" || c < " ") broken()
        if (c == "\\") {
            at++
            if (peek() == "u") {
                if (substr(text, at + 1, 4) !~ /^[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]$/) broken()
                at += 4
            } else if (peek() == "" || !index("\"\\/bfnrt", peek())) broken()
        }
    }
}

function scalar(    word) {
    word = ""
    while (peek() != "" && index("+-.0123456789abcdefghijklmnopqrstuvwxyzE", peek())) { word = word peek(); at++ }
    if (word == "true" || word == "false" || word == "null") return
    if (word !~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) broken()
}

# Read a value; the elements of a list at depth 0 go to element_from[] and element_to[].
function value(depth,    c) {
    c = peek()
    if (c == "\"") string()
    else if (c == "{" || c == "[") group(c, depth)
    else scalar()
}

function group(opening, depth,    closing, start) {
    if (depth > 500) stop("is nested too deep")
    closing = opening == "{" ? "}" : "]"
    if (depth == 0) elements = 0
    at++
    blanks()
    if (peek() == closing) { at++; return }
    while (1) {
        if (opening == "{") {
            string()
            blanks()
            if (peek() != ":") broken()
            at++
            blanks()
        }
        start = at
        value(depth + 1)
        if (depth == 0) { element_from[++elements] = start; element_to[elements] = at }
        blanks()
        if (peek() == closing) { at++; return }
        if (peek() != ",") broken()
        at++
        blanks()
    }
}

# Take the top-level object apart. Nothing but blanks counts as {}, as it does to dockerd.
function parse(source,    start) {
    text = source
    members = 0
    at = 1
    blanks()
    if (peek() == "") {
        text = "{}\n"
        at = 1
    }
    if (peek() != "{") stop("holds no JSON object; mend the file")
    open_at = at
    at++
    blanks()
    if (peek() == "}") { at++; ending(); return }
    while (1) {
        start = at
        string()
        members++
        name[members] = plain(substr(text, start + 1, at - start - 2))
        key_from[members] = start
        blanks()
        if (peek() != ":") broken()
        at++
        blanks()
        from[members] = at
        value(1)
        to[members] = at
        blanks()
        if (peek() == "}") { at++; break }
        if (peek() != ",") broken()
        at++
        blanks()
    }
    ending()
}

function ending() {
    blanks()
    if (peek() != "") broken()
}

# The text of a string in one spelling, so that equal strings compare equal: what needs no escape has none.
function plain(raw,    out, i, c) {
    if (!index(raw, "\\")) return raw
    out = ""
    for (i = 1; i <= length(raw); i++) {
        c = substr(raw, i, 1)
        if (c == "\\") {
            c = substr(raw, ++i, 1)
            if (c == "u") {
                c = unescaped(hex(substr(raw, i + 1, 4)), substr(raw, i + 5, 6))
                i += 4 + 6 * paired
            } else if (c != "/") c = "\\" c
        }
        out = out c
    }
    return out
}

# The character of a \u escape in UTF-8; following is the text behind it, and paired becomes 1 if it belongs to it.
function unescaped(code, following) {
    paired = code >= 55296 && code < 56320 && following ~ /^\\u[Dd][C-Fc-f]/
    if (paired) code = 65536 + (code - 55296) * 1024 + hex(substr(following, 3)) - 56320
    if (code == 34 || code == 92) return "\\" sprintf("%c", code)
    if (code < 32) return code in short_escape ? short_escape[code] : sprintf("\\u%04x", code)
    if (code < 128) return sprintf("%c", code)
    if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
    if (code >= 55296 && code < 57344) return sprintf("\\u%04x", code)
    if (code < 65536) return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
    return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64, \
        128 + code % 64)
}

function hex(digits,    i, sum) {
    sum = 0
    for (i = 1; i <= length(digits); i++) sum = 16 * sum + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
    return sum
}

BEGIN {
    short_escape[8] = "\\b"
    short_escape[9] = "\\t"
    short_escape[10] = "\\n"
    short_escape[12] = "\\f"
    short_escape[13] = "\\r"
}

function find(key,    i) {
    for (i = members; i > 0; i--) if (name[i] == key) return i
    return 0
}

# A value without blanks outside strings and with plain strings, for comparing.
function squeezed(raw,    out, i, c, start) {
    out = ""
    for (i = 1; i <= length(raw); i++) {
        c = substr(raw, i, 1)
        if (c == "\"") {
            start = i
            for (i++; substr(raw, i, 1) != "\""; i++) if (substr(raw, i, 1) == "\\") i++
            out = out "\"" plain(substr(raw, start + 1, i - start - 1)) "\""
        } else if (c != " " && c != "\t" && c != "\n" && c != "\r") out = out c
    }
    return out
}

# Fill list[] with the squeezed elements of a list's text, and piece[] with them as they are written; return their
# number, or -1 if it is no list.
function list_of(raw, list,    kept_text, kept_at, i, n) {
    if (substr(raw, 1, 1) != "[") return -1
    kept_text = text
    kept_at = at
    text = raw
    at = 1
    value(0)
    n = elements
    for (i = 1; i <= n; i++) {
        piece[i] = substr(raw, element_from[i], element_to[i] - element_from[i])
        list[i] = squeezed(piece[i])
    }
    text = kept_text
    at = kept_at
    return n
}

function among(item, list, n,    i) {
    for (i = 1; i <= n; i++) if (list[i] == item) return 1
    return 0
}

function raw_of(i) {
    return substr(text, from[i], to[i] - from[i])
}
