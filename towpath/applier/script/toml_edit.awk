# An operation is one of
#   "set TAB digest TAB name TAB versions TAB table TAB key TAB value"
#   "default TAB …"  the same, but a value that is there and is not "" stays
#   "forbid TAB - TAB name TAB versions TAB table TAB message"  no key may lie in this table; a part may be *
#   "new TAB - TAB - TAB statement"  the first line of a file that has no statement yet
# versions is * or the values of the root key "version" (1 if there is none) that the operation is for, with commas.

function replace(start, end, with) {
    parse(substr(text, 1, start - 1) with substr(text, end))
}

function version(    s) {
    s = find(SUBSEP "version", "key")
    return s ? substr(text, from[s], to[s] - from[s]) : "1"
}

function applies(versions) {
    return versions == "*" || index("," versions ",", "," version() ",")
}

function refuse_forms(table, full,    s) {
    for (s = 1; s <= statements; s++) {
        if (kind[s] == "array" && starts(full, path[s]))
            stop("has an array of tables on the way to the key that is to be set (line " line_of(s) "); set it there by hand")
        if (kind[s] == "key" && path[s] != full && starts(full, path[s]))
            stop("has an inline table on the way to the key that is to be set (line " line_of(s) "); write it as a [table]")
        if (kind[s] == "key" && path[s] != full && starts(path[s], table) && in_table[s] != table && \
            !starts(in_table[s], table))
            stop("has dotted keys for the table that is to be edited (line " line_of(s) "); write it as a [table]")
    }
}

function line_of(s) {
    at = begin[s]
    return line_number()
}

function set(table, written_table, written_key, raw,    full, s, indent) {
    full = table parts_of(written_key)
    s = find(full, "key")
    if (s) {
        if (substr(text, from[s], to[s] - from[s]) != raw) replace(from[s], to[s], raw)
        return
    }
    if (find(full, "table") || find(full, "array"))
        stop("has a table where the key " written_key " is to be set; remove it")
    refuse_forms(table, full)
    if (table == "") {
        replace(1, 1, written_key " = " raw "\n")
        return
    }
    s = find(table, "table")
    if (!s) {
        if (text != "" && substr(text, length(text)) != "\n") text = text "\n"
        parse(text (text == "" ? "" : "\n") "[" written_table "]\n  " written_key " = " raw "\n")
        return
    }
    indent = substr(text, begin[s], match(substr(text, begin[s]), /[^ \t]/) - 1) "  "
    if (substr(text, finish[s] - 1, 1) != "\n") indent = "\n" indent
    replace(finish[s], finish[s], indent written_key " = " raw "\n")
}

function unset(table, written_key,    full, s, t, i, start) {
    full = table parts_of(written_key)
    s = find(full, "key")
    if (!s) return
    if (full in was) {
        replace(from[s], to[s], was[full])
        return
    }
    replace(begin[s], finish[s], "")
    if (table == "" || (table in had)) return
    t = find(table, "table")
    if (!t || in_use(table)) return
    start = begin[t]
    if (start > 2 && substr(text, start - 2, 2) == "\n\n") start--
    replace(start, finish[t], "")
}

function in_use(table,    s) {
    for (s = 1; s <= statements; s++) if (kind[s] == "key" && in_table[s] == table) return 1
    return 0
}

function forbid(table, message,    s) {
    for (s = 1; s <= statements; s++)
        if (kind[s] == "key" && within(path[s], table)) stop(message " (line " line_of(s) ")")
}

# Whether path lies below table, in which a part may be *.
function within(whole, table,    a, b, i, n) {
    n = split(substr(table, 2), b, SUBSEP)
    if (split(substr(whole, 2), a, SUBSEP) <= n) return 0
    for (i = 1; i <= n; i++) if (b[i] != "*" && a[i] != b[i]) return 0
    return 1
}

function current(full,    s) {
    s = find(full, "key")
    return s ? substr(text, from[s], to[s] - from[s]) : ""
}

function operate(    table, full, now) {
    if (field[1] == "new") {
        initial = field[4] "\n"
        if (mode == "merge" && !statements) replace(1, 1, initial)
        return
    }
    if (!applies(field[4])) return
    table = parts_of(field[5])
    if (field[1] == "forbid") {
        if (mode == "merge") forbid(table, field[6])
        return
    }
    full = table parts_of(field[6])
    now = current(full)
    if (mode == "status")
        print field[3], now == "" ? "missing" : satisfied(now) ? field[2] : "differs"
    else if (mode == "unmerge") unset(table, field[6])
    else if (!satisfied(now)) set(table, field[5], field[6], field[7])
}

function satisfied(now) {
    return now == field[7] || (field[1] == "default" && now != "" && now != "\"\"" && now != "''")
}

function remember_original(    s) {
    parse(slurp(ARGV[5], ARGV[6]))
    for (s = 1; s <= statements; s++) {
        if (kind[s] == "key") was[path[s]] = substr(text, from[s], to[s] - from[s])
        else had[path[s]] = 1
    }
}

BEGIN {
    mode = ARGV[1]
    if (ARGV[5] != "") remember_original()
    parse(slurp(ARGV[3], ARGV[4]))
    while ((getline line < ARGV[2]) > 0) {
        for (i = 1; i <= 7; i++) field[i] = ""
        split(line, field, "\t")
        operate()
    }
    if (mode == "unmerge" && ARGV[5] == "" && text == initial) text = ""
    if (mode != "status") printf "%s", text
    exit 0
}
