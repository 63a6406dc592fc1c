# The tarball, unpacked by an ordinary user wherever it may be, and moved.
. /lab/install/common.sh
tar xf /lab/packages/rsmi-compat-*.tar.gz
mv rsmi-compat-* first
old first/bin/rsmi-compat $(find first/lib -name '*.so*' -type f)
cc /lab/install/client.c -Ifirst/include -L/lab/rsmi/6.4.1 -lrocm_smi64 -o client
LD_LIBRARY_PATH=$PWD/first/lib/rsmi-compat is "$CLIENT" ./client
executable $(find first/lib -name '*.so*')
mv first second
is "$CLIENT" second/bin/rsmi-compat run ./client
export PKG_CONFIG_PATH=$PWD/second/lib/pkgconfig
cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o linked
LD_LIBRARY_PATH=$PWD/second/lib is "$CLIENT" ./linked
is "yes" sh -c 'test "$(id -u)" != 0 && echo yes'
