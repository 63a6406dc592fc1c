# The line of the guide for administrators with which a user installs in the home directory.
. /lab/install/common.sh
is "yes" sh -c 'test "$(id -u)" != 0 && echo yes'
install=$(sed -n 's/^make install PREFIX=/&/p' "$SOURCES/docs/administrators.md")
uninstall=$(printf '%s\n' "$install" | sed 's/make install/make uninstall/')
. /lab/install/make-both.sh
