# The lines of the guide for distributors, as printed: `printed BEGIN` runs those that begin so.
# sudo is for others: here is root. The packages lie where the guide has them made.
mkdir -p target
ln -s /lab/packages target/package
sudo() { "$@"; }
printed() {
    grep "^$1" /lab/docs/distributors.md > lines || fail "the guide prints no line '$1'"
    while read -r line; do
        eval "$line" > log 2>&1 < /dev/null || fail "$line: $(cat log)"
    done < lines
}
