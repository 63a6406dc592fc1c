# The tarball where glibc is older than the one that we build with: simulated, and by each road.
. /lab/install/common.sh
is 2.31 sh -c "ldd --version | sed -n '1s/.* //p'"
tar xf /lab/packages/rsmi-compat-[0-9]*.tar.gz
mv rsmi-compat-* ours
cc /lab/install/client.c -Iours/include -Lours/lib/rsmi-compat -lrocm_smi64 \
    -Wl,--allow-shlib-undefined -o client
simulated() { ours/bin/rsmi-compat simulate --machine mi300x-2 -- "$@" 2> /dev/null; }
is "$CLIENT" simulated ./client
is "$CLIENT" simulated ours/bin/rsmi-compat run ./client
# Programs that open the library themselves, by a name that is not there.
cat > opens.c << 'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **names) {
  void *library = count == 2 ? dlopen(names[1], RTLD_NOW) : 0;
  int (*init)(unsigned long) = library ? (int (*)(unsigned long))dlsym(library, "rsmi_init") : 0;
  printf("%d\n", init ? init(0) : -1);
  return 0;
}
END
cc opens.c -ldl -o opens
for name in /opt/rocm/lib/librocm_smi64.so librocm_smi64.so.7 librocm_smi64.so.5; do
    is 0 simulated ours/bin/rsmi-compat run ./opens $name
done
