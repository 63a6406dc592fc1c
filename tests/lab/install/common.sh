# What every case begins with. On the machine there are two MI300X.
set -eu
PATH=/usr/local/bin:$PATH:/bin:/sbin
cd "$(mktemp -d)"

fail() { echo "$*" >&2; exit 1; }

# is EXPECTED COMMAND...: what the command prints, without its stderr.
is() {
    expected=$1
    shift
    printed=$("$@") || fail "$*: exit status $?"
    [ "$printed" = "$expected" ] || fail "$*: '$printed', not '$expected'"
}

# refuses SENTENCE COMMAND...: it fails, and says this.
refuses() {
    sentence=$1
    shift
    if "$@" > said 2>&1; then fail "$*: it succeeded"; fi
    tr -s ' \n' ' ' < said | grep -qF "$sentence" || fail "$*: it said $(cat said)"
}

CLIENT="7.8.0 2 AMD Instinct MI300X OAM"
# Compiled with a header that has no mark, and linked with the word for ROCm 6.4.
CLIENT_OF_6_4="7.6.0 2 AMD Instinct MI300X OAM"

# listing: every path, but for scratch and what package managers keep for themselves.
listing() { find / -xdev \( -path /tmp -o -path /var \) -prune -o -print | sort; }

# is_script FILE: below abi-… that is what only a linker reads.
is_script() { case $1 in */abi-*) return 0 ;; *) return 1 ;; esac; }

# old FILE...: none of these ELF files needs a glibc newer than RHEL 8's.
old() {
    for file in "$@"; do
        ! is_script "$file" || continue
        versions=$(readelf --wide --version-info "$file" | grep -o 'Name: GLIBC_[0-9.]*' || true)
        newest=$(printf '%s\n' "$versions" GLIBC_2.28 | sed 's/.*GLIBC_//' | sort -V | tail -n 1)
        [ "$newest" = 2.28 ] || fail "$file needs glibc $newest"
    done
}

# executable FILE...: as some tools ask of a library with access(X_OK) before they open it.
executable() {
    [ $# -gt 0 ] || fail "there is no library"
    for file in "$@"; do
        ! is_script "$file" || continue
        is "755" stat --dereference --format %a "$file"
    done
}
