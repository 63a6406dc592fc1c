# The lines of the guide for administrators with which root installs what `make` built, and removes it.
. /lab/install/common.sh
guide=$SOURCES/docs/administrators.md
install=$(sed -n 's/^sudo \(make install PREFIX=\)/\1/p' "$guide")
uninstall=$(sed -n 's/.*`sudo \(make uninstall PREFIX=[^`]*\)`.*/\1/p' "$guide")
. /lab/install/make-both.sh
