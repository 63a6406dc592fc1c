# The module file, by Environment Modules.
. /lab/install/common.sh
init=/usr/share/modules/init/sh
. /lab/install/module-both.sh
