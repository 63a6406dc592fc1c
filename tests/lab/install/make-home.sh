# The line of the guide for administrators with which a user installs in the home directory.
. /lab/install/common.sh
is "yes" sh -c 'test "$(id -u)" != 0 && echo yes'
install=$(sed -n 's/^make install PREFIX=/&/p' "$SOURCES/docs/administrators.md")
uninstall=$(printf '%s\n' "$install" | sed 's/make install/make uninstall/')
installed() {
    grep -qF "programs linked with -lrsmi_compat need LD_LIBRARY_PATH=$prefix/lib" printed || fail "$(cat printed)"
    cc /lab/install/client.c -I"$prefix/include" -L"$prefix/lib" -lrsmi_compat -o own
    LD_LIBRARY_PATH=$prefix/lib is "$CLIENT" ./own
}
. /lab/install/make-both.sh
