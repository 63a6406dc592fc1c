//! Sends every road to librocm_smi64 to rsmi-compat.
