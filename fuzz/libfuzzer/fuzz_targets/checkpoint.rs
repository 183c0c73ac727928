#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tablog_fuzz::targets::checkpoint(data));
