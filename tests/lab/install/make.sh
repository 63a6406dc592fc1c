# The lines of the guide for administrators with which root installs what `make` built, and removes it.
. /lab/install/common.sh
guide=$SOURCES/docs/administrators.md
install=$(sed -n 's/^sudo \(make install PREFIX=\)/\1/p' "$guide")
uninstall=$(sed -n 's/.*`sudo \(make uninstall PREFIX=[^`]*\)`.*/\1/p' "$guide")
installed() {
    cc /lab/install/client.c -lrsmi_compat -o own
    is "$CLIENT" ./own
    # These go with it.
    rsmi-compat link > log || fail "$(cat log)"
}
. /lab/install/make-both.sh

# The same where the loader does not search /usr/local/lib, as on RHEL: it says so, and what mends it.
cp -a /etc/ld.so.conf.d saved
sed -i '/^\/usr\/local\/lib$/d' /etc/ld.so.conf.d/*.conf
ldconfig
mend=$(sed -n 's/^echo \(.*\) | sudo tee /echo \1 | tee /p; s/^sudo ldconfig$/ldconfig/p' "$guide")
installed() {
    cc /lab/install/client.c -lrsmi_compat -o own
    refuses 'librsmi_compat.so.1: cannot open' ./own
    grep -qF 'does not search /usr/local/lib' printed || fail "$(cat printed)"
    eval "$(tail -n 1 printed)" || fail "what it printed does not work: $(tail -n 1 printed)"
    is "$CLIENT" ./own
    rm /etc/ld.so.conf.d/rsmi-compat.conf
    ldconfig
    refuses 'librsmi_compat.so.1: cannot open' ./own
    eval "$mend" > log || fail "what the guide prints does not work: $mend"
    is "$CLIENT" ./own
    rm /etc/ld.so.conf.d/rsmi-compat.conf
    ldconfig
}
. /lab/install/make-both.sh
