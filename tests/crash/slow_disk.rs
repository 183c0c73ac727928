//! A slow disk, for a program that is started with this library in `LD_PRELOAD`: before one of LevelDB's tables goes to the disk, it
//! waits for `SLOW_DISK_MS`.

use std::ffi::{c_char, c_int, c_void};
use std::time::Duration;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
}

/// Asks for the function that would have been called without this library (`RTLD_NEXT`).
const NEXT: *mut c_void = std::ptr::without_provenance_mut(usize::MAX);

#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(file: c_int) -> c_int {
    wait_for(file);
    // SAFETY: the C library has a function of this name and type.
    unsafe { std::mem::transmute::<*mut c_void, extern "C" fn(c_int) -> c_int>(dlsym(NEXT, c"fdatasync".as_ptr()))(file) }
}

#[unsafe(no_mangle)]
pub extern "C" fn fsync(file: c_int) -> c_int {
    wait_for(file);
    // SAFETY: as above.
    unsafe { std::mem::transmute::<*mut c_void, extern "C" fn(c_int) -> c_int>(dlsym(NEXT, c"fsync".as_ptr()))(file) }
}

fn wait_for(file: c_int) {
    let path = std::fs::read_link(format!("/proc/self/fd/{file}")).unwrap_or_default();
    let is_table = path.extension().is_some_and(|extension| extension == "ldb");
    if is_table && path.to_string_lossy().contains("indexeddb.leveldb") {
        let millis = std::env::var("SLOW_DISK_MS").ok().and_then(|millis| millis.parse().ok());
        std::thread::sleep(Duration::from_millis(millis.unwrap_or(0)));
    }
}
