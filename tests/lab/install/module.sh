# The module file: loaded, unchanged programs find ours; unloaded, they do not.
. /lab/install/common.sh
cp -a /lab/destdir/opt/rsmi-compat /opt/
cc /lab/install/client.c -I/opt/rsmi-compat/include -L/lab/rsmi/6.4.1 -lrocm_smi64 -o client
set +eu
. /usr/share/modules/init/sh
module use /opt/rsmi-compat/share/modulefiles
module load rsmi-compat
set -eu
is "$CLIENT" ./client
is /opt/rsmi-compat/bin/rsmi-compat command -v rsmi-compat
is "$CLIENT" sh -c 'cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o own && ./own'
set +eu
module unload rsmi-compat
set -eu
refuses "librocm_smi64.so.1" ./client
