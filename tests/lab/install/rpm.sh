# The packages for Red Hat and SUSE, by rpm itself: a client, and nothing left when they go.
. /lab/install/common.sh
. /lab/install/printed.sh
# Every system of rpm's has these.
mkdir -p /usr/lib64/cmake /usr/lib64/pkgconfig /usr/lib/debug
listing > before
# This system's own packages are not in rpm's database, and its lib64 is not the loader's.
rpm="rpm --dbpath $PWD/database --nodeps"
rpm() { command $rpm "$@"; }
printed 'sudo rpm -i target/package/rsmi-compat-[0-9]'
printed 'sudo rpm -i target/package/rsmi-compat-devel-'
$rpm -i /lab/packages/rsmi-compat-debuginfo-*.rpm > log 2>&1 || fail "$(cat log)"
$rpm -V rsmi-compat rsmi-compat-devel rsmi-compat-debuginfo > log 2>&1 || fail "$(cat log)"
old /usr/bin/rsmi-compat $(find /usr/lib64 -name '*rsmi_compat*.so*' -type f) \
    $(find /usr/lib64/rsmi-compat -name '*.so*' -type f)
executable $(command rpm -qpl /lab/packages/rsmi-compat-[0-9]*.rpm | grep '\.so')
export PKG_CONFIG_PATH=/usr/lib64/pkgconfig LD_LIBRARY_PATH=/usr/lib64
cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o client
is "$CLIENT" ./client
cc /lab/install/client.c -I/lab/rsmi/6.1.2/include -L/lab/rsmi/6.1.2 -lrocm_smi64 -o legacy
is "$CLIENT" env -u LD_LIBRARY_PATH rsmi-compat run ./legacy
LD_LIBRARY_PATH=/usr/lib64/rsmi-compat is "$CLIENT" ./legacy
# What a system must have to take the package.
command rpm -qp --requires /lab/packages/rsmi-compat-[0-9]*.rpm > requires
grep -qF 'libc.so.6(GLIBC_2.' requires || fail "$(cat requires)"
newest=$(sed -n 's/.*(GLIBC_\(2\.[0-9]*\).*/\1/p' requires | sort -V | tail -n 1)
is "$newest" sh -c "printf '%s\n2.28\n' $newest | sort -V | head -n 1"
# In place of librocm_smi64 for the whole machine, with the headers of its release.
refuses 'librocm_smi64.so.1' env -u LD_LIBRARY_PATH ./legacy
cp -a /etc/os-release saved
for pair in 42/6.3 43/6.4 44/7.0; do
    rm -f /etc/os-release
    printf 'ID=fedora\nVERSION_ID=%s\n' "${pair%/*}" > /etc/os-release
    printed 'sudo rpm -i target/package/rsmi-compat-system-'
    is "abi-of-usr = ${pair#*/}" tail -n 1 /etc/rsmi-compat.conf
    is "$CLIENT" ./legacy
    $rpm -V rsmi-compat-system > log 2>&1 || fail "$(cat log)"
    $rpm -e rsmi-compat-system > log 2>&1 || fail "$(cat log)"
    test ! -e /etc/rsmi-compat.conf || fail "its configuration is left"
done
printf 'ID=rocky\nVERSION_ID=9.4\n' > /etc/os-release
echo 'abi = 6.2' > /etc/rsmi-compat.conf
printed 'sudo rpm -i target/package/rsmi-compat-system-'
is "abi = 6.2" cat /etc/rsmi-compat.conf
$rpm -e rsmi-compat-system > log 2>&1 || fail "$(cat log)"
rm /etc/rsmi-compat.conf
printed 'sudo rpm -i target/package/rsmi-compat-system-'
grep -q "'rocky 9.4' is no release that is known here" log || fail "$(cat log)"
test ! -e /etc/rsmi-compat.conf || fail "a generation was made up"
rm /etc/os-release
cp -a saved /etc/os-release
rsmi-compat link > log || fail "$(cat log)"
$rpm -e rsmi-compat-system rsmi-compat-debuginfo rsmi-compat-devel rsmi-compat > log 2>&1 || fail "$(cat log)"
listing > after
diff before after > log || fail "left behind: $(cat log)"
