# make install in /usr/local: pkg-config finds it, and programs find it as the loader does.
. /lab/install/common.sh
cp -a /lab/destdir/usr/local/. /usr/local/
ldconfig
executable $(find /usr/local/lib -name '*.so*')
cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o client
is "$CLIENT" ./client
is "$(pkg-config --modversion rsmi_compat)" sh -c "rsmi-compat --version | sed 's/.* //'"
# The guide's line for who compiles with AMD's header, which has no marks.
mkdir -p /opt/rocm/include
cp -r /usr/local/include/rocm_smi /opt/rocm/include/
sed -i '1i #define RSMI_COMPAT_UNMARKED' /opt/rocm/include/rocm_smi/rocm_smi.h
cp /lab/install/client.c monitor.c
cc -I /opt/rocm/include monitor.c $(pkg-config --define-variable=abi=6.4 --libs rsmi_compat) -o monitor
is "$CLIENT_OF_6_4" ./monitor
# The legacy names, by the drop-in directory.
cc /lab/install/client.c -I/lab/rsmi/6.1.2/include -L/lab/rsmi/6.1.2 -lrocm_smi64 -o legacy
readelf -d legacy | grep -q 'NEEDED.*librocm_smi64.so.1' || fail "it is no legacy client"
refuses "librocm_smi64.so.1" ./legacy
LD_LIBRARY_PATH=$(pkg-config --variable=dropindir rsmi_compat) is "$CLIENT" ./legacy
is "$CLIENT" rsmi-compat run ./legacy
for page in 1/rsmi-compat.1 7/rsmi_compat.7; do
    test -s /usr/local/share/man/man$page || fail "no manual page $page"
done
bash -n /usr/local/share/bash-completion/completions/rsmi-compat
