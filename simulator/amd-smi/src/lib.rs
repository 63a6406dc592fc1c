//! A stand-in libamd_smi.
