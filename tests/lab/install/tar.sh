# The tarball, unpacked by an ordinary user wherever it may be, and moved.
. /lab/install/common.sh
. /lab/install/printed.sh
printed 'tar xf '
mv rsmi-compat-* first
old first/bin/rsmi-compat $(find first/lib -name '*.so*' -type f)
cc /lab/install/client.c -I/lab/rsmi/6.1.2/include -L/lab/rsmi/6.1.2 -lrocm_smi64 -o client
LD_LIBRARY_PATH=$PWD/first/lib/rsmi-compat is "$CLIENT" ./client
# The debug information, unpacked over it: gdb finds it beside each file.
tar xf /lab/packages/rsmi-compat-debug-*.tar.gz
cp -a rsmi-compat-[0-9]*/. first/
readelf -SW first/bin/.debug/rsmi-compat.debug | grep -q '\.debug_line' || fail "no lines"
executable $(find first/lib -name '*.so*' ! -name '*.debug')
mv first second
is "$CLIENT" second/bin/rsmi-compat run ./client
export PKG_CONFIG_PATH=$PWD/second/lib/pkgconfig
cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o linked
LD_LIBRARY_PATH=$PWD/second/lib is "$CLIENT" ./linked
is "yes" sh -c 'test "$(id -u)" != 0 && echo yes'
