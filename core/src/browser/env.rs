//! Time and chance from the browser.

use js_sys::{Date, Math, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::Crypto;

use super::js;
use crate::env::Env;
use crate::ids::Timestamp;

/// The browser's wall clock and its cryptographic random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserEnv;

impl Env for BrowserEnv {
    /// Returns `Date.now()`: it may jump when the person or the network sets the clock.
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(js::whole(Date::now())).unwrap_or(i64::MAX))
    }

    /// Returns bits from `crypto.getRandomValues`; where there is none, from `Math.random`, which is good enough to tell clients apart.
    fn random(&self) -> u64 {
        let mut bytes = [0_u8; 8];
        let filled = crypto().map(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
        if !matches!(filled, Some(Ok(_))) {
            for byte in &mut bytes {
                *byte = u8::try_from(js::whole(Math::random() * 256.0)).unwrap_or(u8::MAX);
            }
        }
        u64::from_le_bytes(bytes)
    }
}

fn crypto() -> Option<Crypto> {
    Reflect::get(&js_sys::global(), &"crypto".into()).ok()?.dyn_into().ok()
}
