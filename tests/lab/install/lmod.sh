# The module file, by Lmod.
. /lab/install/common.sh
init=/usr/share/lmod/lmod/init/sh
. /lab/install/module-both.sh
