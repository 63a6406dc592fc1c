# The Debian packages of the library, as the guide installs them: a client, and nothing left after a
# purge.
. /lab/install/common.sh
. /lab/install/printed.sh
listing > before
printed 'sudo apt-get install ./target/package/rsmi-compat_'
printed 'sudo apt-get install ./target/package/rsmi-compat-dev_'
dpkg --install /lab/packages/rsmi-compat-dbgsym_*.deb > log 2>&1 || fail "$(cat log)"
old /usr/bin/rsmi-compat $(dpkg -L rsmi-compat | grep '\.so')
dpkg-query -W -f '${Depends}\n' rsmi-compat | grep -qE 'libc6 \(>= 2\.(1?[0-9]|2[0-8])\)' ||
    fail "it depends on $(dpkg-query -W -f '${Depends}' rsmi-compat)"
# gdb looks for the debug information by the build id.
for file in /usr/bin/rsmi-compat /usr/lib/x86_64-linux-gnu/librsmi_compat.so.1; do
    id=$(readelf -n $file | sed -n 's/.*Build ID: //p')
    debug=/usr/lib/debug/.build-id/$(printf %s "$id" | cut -c 1-2)/$(printf %s "$id" | cut -c 3-).debug
    readelf -SW "$debug" | grep -q '\.debug_line' || fail "$debug has no lines"
    ! readelf -SW $file | grep -q '\.debug_line\|\.symtab' || fail "$file is not stripped"
done
# Programs that open the library by ROCm's own path.
cat > opens.c << 'EOF'
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **names) {
  void *library = count == 2 ? dlopen(names[1], RTLD_NOW) : 0;
  int (*init)(unsigned long) = library ? (int (*)(unsigned long))dlsym(library, "rsmi_init") : 0;
  printf("%d\n", init ? init(0) : -1);
  return 0;
}
EOF
cc opens.c -o opens
is -1 ./opens /opt/rocm/lib/librocm_smi64.so
rsmi-compat link > log || fail "$(cat log)"
for ending in '' .1 .5 .6 .7 .7.8; do
    is 0 ./opens /opt/rocm/lib/librocm_smi64.so$ending
done
# The loader's own tool makes no more of them.
find /opt | sort > linked
echo /opt/rocm/lib > /etc/ld.so.conf.d/rocm.conf
ldconfig
find /opt | sort | diff linked - > log || fail "ldconfig made $(cat log)"
rm /etc/ld.so.conf.d/rocm.conf
cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o client
is "$CLIENT" ./client
cc /lab/install/client.c -lrocm_smi64 -o linked
is "$CLIENT" ./linked
cmake -S /lab/install/legacy -B legacy > log 2>&1 && cmake --build legacy >> log 2>&1 || fail "$(cat log)"
is "$CLIENT" legacy/target
cc /lab/install/client.c -I/lab/rsmi/6.1.2/include -L/lab/rsmi/6.1.2 -lrocm_smi64 -o legacy.client
is "$CLIENT" rsmi-compat run ./legacy.client
is /usr/share/zsh/vendor-completions/_rsmi-compat sh -c 'dpkg --listfiles rsmi-compat | grep zsh/.*/_'
executable $(dpkg -L rsmi-compat | grep '\.so')
is "" dpkg --verify rsmi-compat rsmi-compat-dev
is "" sh -c 'dpkg --audit'
# Files of the same names: librocm-smi-dev and ours exclude each other.
mkdir -p theirs/DEBIAN
printf 'Package: librocm-smi-dev\nVersion: 6.4.1-1.1\nArchitecture: amd64\nMaintainer: x <x@localhost>\nDescription: x\n' > theirs/DEBIAN/control
dpkg-deb --build theirs theirs.deb > log
refuses 'conflicts with' dpkg --install theirs.deb
# The links go with the package.
dpkg --purge rsmi-compat-dbgsym rsmi-compat-dev rsmi-compat > log 2>&1 || fail "$(cat log)"
listing > after
diff before after > log || fail "left behind: $(cat log)"
