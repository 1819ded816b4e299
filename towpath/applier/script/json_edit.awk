function replace(start, end, with) {
    parse(substr(text, 1, start - 1) with substr(text, end))
}

function insert(key, raw,    gap) {
    if (!members) {
        at = open_at + 1
        blanks()
        replace(open_at + 1, at, "\n  \"" key "\": " raw "\n")
        return
    }
    at = members == 1 ? open_at + 1 : to[members - 1]
    if (members > 1) { blanks(); at++ }
    gap = substr(text, at, key_from[members] - at)
    if (members == 1 && !index(gap, "\n")) gap = " "
    replace(to[members], to[members], "," gap "\"" key "\": " raw)
}

function take_away(i,    start) {
    if (i > 1) {
        replace(to[i - 1], to[i], "")
        return
    }
    at = to[1]
    blanks()
    if (peek() == ",") { at++; blanks() }
    start = members == 1 ? open_at + 1 : key_from[1]
    replace(start, at, "")
}

# Add to a list what it lacks of the wished elements.
function unite(i, wish,    have, want, written, n, m, j, raw, gap) {
    n = list_of(raw_of(i), have)
    if (n < 0) stop("has a " name[i] " that is no list; mend the file")
    m = list_of(wish, want)
    for (j = 1; j <= m; j++) written[j] = piece[j]
    for (j = 1; j <= m; j++) {
        raw = raw_of(i)
        n = list_of(raw, have)
        if (among(want[j], have, n)) continue
        if (!elements) {
            replace(from[i], to[i], "[" written[j] "]")
        } else {
            gap = elements > 1 ? substr(raw, element_to[elements - 1], element_from[elements] - element_to[elements - 1]) : \
                substr(raw, 2, element_from[1] - 2)
            if (elements == 1) gap = "," (index(gap, "\n") ? gap : " ")
            replace(from[i] + element_to[elements] - 1, from[i] + element_to[elements] - 1, gap written[j])
        }
    }
}

# Take out of a list the elements that the original's list did not have.
function divide(i, wish, before,    have, want, old, n, m, o, j) {
    m = list_of(wish, want)
    o = before == "" ? 0 : list_of(before, old)
    for (j = 1; j <= m; j++) if (!among(want[j], old, o)) drop_element(i, want[j])
    n = list_of(raw_of(i), have)
    if (n == 0 && before == "") take_away(i)
}

function drop_element(i, item,    have, n, j, start, end) {
    n = list_of(raw_of(i), have)
    for (j = n; j > 0; j--) {
        if (have[j] != item) continue
        start = n == 1 ? 2 : j > 1 ? element_to[j - 1] : element_from[1]
        end = n == 1 ? to[i] - from[i] : j > 1 ? element_to[j] : element_from[2]
        replace(from[i] + start - 1, from[i] + end - 1, "")
        return
    }
}

function state_of(verb, key, wish, i,    have, want, n, m, j) {
    if (!i) return "missing"
    if (verb == "set") return squeezed(raw_of(i)) == squeezed(wish) ? "" : "differs"
    n = list_of(raw_of(i), have)
    m = list_of(wish, want)
    for (j = 1; j <= m; j++) if (!among(want[j], have, n)) return "differs"
    return ""
}

function operate(verb, digest, key, wish,    i, state) {
    i = find(key)
    if (mode == "status") {
        state = state_of(verb, key, wish, i)
        print key, (state == "" ? digest : state)
    } else if (mode == "merge") {
        if (!i) insert(key, wish)
        else if (verb == "union") unite(i, wish)
        else if (squeezed(raw_of(i)) != squeezed(wish)) replace(from[i], to[i], wish)
    } else if (i) {
        if (verb == "union" && substr(raw_of(i), 1, 1) == "[") divide(i, wish, was[key])
        else if (key in was) replace(from[i], to[i], was[key])
        else take_away(i)
    }
}

function remember_original(    i) {
    parse(slurp(ARGV[5], ARGV[6]))
    for (i = 1; i <= members; i++) was[name[i]] = raw_of(i)
}

BEGIN {
    mode = ARGV[1]
    if (ARGV[5] != "") remember_original()
    parse(slurp(ARGV[3], ARGV[4]))
    while ((getline line < ARGV[2]) > 0) {
        split(line, field, "\t")
        operate(field[1], field[2], field[3], field[4])
    }
    if (mode != "status" && !(mode == "unmerge" && ARGV[5] == "" && !members)) printf "%s", text
    exit 0
}
