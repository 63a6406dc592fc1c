//! The header declares the types, numbers and functions of the original, with the same layout.

#[path = "abi/compiler.rs"]
mod compiler;

use rsmi_compat::types::{
    CPU_NODE_INDEX, CU_OCCUPANCY_INVALID, RSMI_DEFAULT_VARIANT, RSMI_MAX_NUM_POWER_PROFILES,
};

#[test]
fn the_header_has_the_numbers_measured_from_the_original() {
    for dialect in compiler::dialects() {
        dialect.check(&[], include_str!("abi/layout.c"));
    }
}

#[test]
fn the_header_declares_no_function_differently_from_the_original() {
    for dialect in compiler::dialects() {
        dialect.check(&[], include_str!("abi/prototypes.c"));
    }
}

/// cbindgen.toml spells these out, so nothing else keeps the two in step.
#[test]
fn constants_that_the_header_does_not_take_from_rust_are_the_same_there() {
    let source = format!(
        r#"
        #include "rocm_smi/rocm_smi.h"
        #ifndef __cplusplus
        #define static_assert __extension__ _Static_assert
        #endif
        static_assert(RSMI_DEFAULT_VARIANT == {RSMI_DEFAULT_VARIANT}u, "RSMI_DEFAULT_VARIANT");
        static_assert(CPU_NODE_INDEX == {CPU_NODE_INDEX}, "CPU_NODE_INDEX");
        static_assert(CU_OCCUPANCY_INVALID == {CU_OCCUPANCY_INVALID}, "CU_OCCUPANCY_INVALID");
        static_assert(RSMI_MAX_NUM_POWER_PROFILES == {RSMI_MAX_NUM_POWER_PROFILES}, "profiles");
    "#
    );
    for dialect in compiler::dialects() {
        dialect.check(&[], &source);
    }
}
