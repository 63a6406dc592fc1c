# What make.sh and make-home.sh have in common: $install and $uninstall are the lines, as printed, and
# `installed` looks at the rest.
case $install in *PREFIX=*) ;; *) fail "no line installs: '$install'" ;; esac
case $uninstall in *uninstall*PREFIX=*) ;; *) fail "no line removes: '$uninstall'" ;; esac
eval "prefix=${install##*PREFIX=}"
work=$PWD
cc /lab/install/client.c -I/lab/rsmi/6.1.2/include -L/lab/rsmi/6.1.2 -lrocm_smi64 -o client
listing > before
cd "$SOURCES"
eval "$install" > "$work/printed" || fail "$install: exit status $?"
is "$CLIENT" "$prefix/bin/rsmi-compat" run "$work/client"
for file in "$prefix/bin/rsmi-compat" "$prefix"/lib/librsmi_compat.so.1 "$prefix"/lib/rsmi-compat/*.so; do
    if readelf -SW "$file" | grep -q '\.debug_line\|\.symtab'; then fail "$file is not stripped"; fi
done
(cd "$work" && installed)
eval "$uninstall" || fail "$uninstall: exit status $?"
cd "$work"
listing > after
diff before after > differences || fail "other than before: $(cat differences)"
