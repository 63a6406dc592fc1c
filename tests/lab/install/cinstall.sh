# The line of the guide for distributors for cargo-c: library, headers and pkg-config file.
. /lab/install/common.sh
. /lab/install/printed.sh
here=$PWD
export CARGO_HOME=$here/cargo CARGO_NET_OFFLINE=true CARGO_TARGET_DIR=$here/built
mkdir cargo sources
cp -a /lab/registry cargo/
(cd /lab/sources && tar cf - --exclude=./target --exclude=./.git .) | tar xf - -C sources
cd sources
printed 'cargo cinstall '
cd "$here"
find /tmp/root -type f -o -type l | sort > made
for file in lib/x86_64-linux-gnu/librsmi_compat.so lib/x86_64-linux-gnu/librsmi_compat.so.1.0.0 \
    lib/x86_64-linux-gnu/librsmi_compat.so.1 \
    lib/x86_64-linux-gnu/pkgconfig/rsmi_compat.pc include/rsmi_compat.h include/rocm_smi/rocm_smi.h; do
    grep -qx "/tmp/root/usr/$file" made || fail "no $file in $(cat made)"
done
soname=$(readelf -d /tmp/root/usr/lib/x86_64-linux-gnu/librsmi_compat.so | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
is librsmi_compat.so.1 echo "$soname"
cp -a /tmp/root/usr/. /usr/
ldconfig
cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o client
is "$CLIENT" ./client
