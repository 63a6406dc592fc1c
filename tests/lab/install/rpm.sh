# The packages for Red Hat and SUSE, by rpm itself: a client, and nothing left when they go.
. /lab/install/common.sh
# Every system of rpm's has these.
mkdir -p /usr/lib64/cmake /usr/lib64/pkgconfig
listing > before
# This system's own packages are not in rpm's database, and its lib64 is not the loader's.
rpm="rpm --dbpath $PWD/database --nodeps"
$rpm -i /lab/packages/rsmi-compat-*.rpm > log 2>&1 || fail "$(cat log)"
$rpm -V rsmi-compat rsmi-compat-devel > log 2>&1 || fail "$(cat log)"
old /usr/bin/rsmi-compat $(find /usr/lib64 -name '*rsmi_compat*.so*' -type f) \
    $(find /usr/lib64/rsmi-compat -name '*.so*' -type f)
executable $(rpm -qpl /lab/packages/rsmi-compat-1*.rpm | grep '\.so')
export PKG_CONFIG_PATH=/usr/lib64/pkgconfig LD_LIBRARY_PATH=/usr/lib64
cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o client
is "$CLIENT" ./client
cc /lab/install/client.c -L/lab/rsmi/6.4.1 -lrocm_smi64 -o legacy
is "$CLIENT" env -u LD_LIBRARY_PATH rsmi-compat run ./legacy
LD_LIBRARY_PATH=/usr/lib64/rsmi-compat is "$CLIENT" ./legacy
# What a system must have to take the package.
rpm -qp --requires /lab/packages/rsmi-compat-1*.rpm > requires
grep -qF 'libc.so.6(GLIBC_2.' requires || fail "$(cat requires)"
newest=$(sed -n 's/.*(GLIBC_\(2\.[0-9]*\).*/\1/p' requires | sort -V | tail -n 1)
is "$newest" sh -c "printf '%s\n2.28\n' $newest | sort -V | head -n 1"
$rpm -e rsmi-compat-devel rsmi-compat > log 2>&1 || fail "$(cat log)"
listing > after
diff before after > log || fail "left behind: $(cat log)"
