#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rsmi_fuzz::find("clocks").unwrap().run(bytes));
