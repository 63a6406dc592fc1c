#!/bin/sh
# Records what the libnvidia-ml of this machine returns, into the file that nvml/tests/record.rs reads.
#
#   tests/lab/clients/nvml_record.sh [FILE]
#
# It takes a C compiler, a GPU of NVIDIA's with its driver, and some minutes. It changes nothing.
set -eu
cd "$(dirname "$0")/../../.."
file=${1:-nvml/tests/record.txt}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cc -std=gnu11 -O1 -Wall -Wextra -o "$place/record" tests/lab/clients/nvml_record.c -ldl
timeout 540 "$place/record" libnvidia-ml.so.1 <nvml/names.txt >"$place/answers"
{
	echo "# libnvidia-ml $(cat /proc/driver/nvidia/version 2>/dev/null | head -1 || true)"
	cat "$place/answers"
} >"$file"
wc -l "$file"
