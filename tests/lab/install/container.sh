# The steps of the container recipe, taken here: the result runs unchanged programs.
. /lab/install/common.sh
recipe=/lab/packaging/Containerfile
sed -n 's/^COPY \(.*\) \(\/[^ ]*\)$/\2/p' $recipe | while read -r place; do
    mkdir -p "$place"
    cp /lab/packages/rsmi-compat_*.deb /lab/packages/rsmi-compat-system_*.deb "$place"
done
sed -e ':a' -e '/\\$/N; s/\\\n//; ta' $recipe | sed -n 's/^RUN //p' > steps
grep -q apt-get steps || fail "the recipe has no step that installs"
sh -eux steps > log 2>&1 || fail "$(cat log)"
test ! -e /tmp/packages || fail "the packages are left in the image"
cc /lab/install/client.c -I/lab/rsmi/6.1.2/include -L/lab/rsmi/6.1.2 -lrocm_smi64 -o client
is "$CLIENT" ./client
is "rsmi-compat" sh -c "$(sed -n 's/^ENTRYPOINT \["\(.*\)"\]$/\1/p' $recipe) --version | sed 's/ .*//'"
