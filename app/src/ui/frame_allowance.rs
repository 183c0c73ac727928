//! How much may be drawn before the browser has shown it: laying out too much at once keeps it from answering for too long.

use leptos::prelude::*;

use super::later::after_paint;

/// An allowance that is renewed with each frame; a handle that is cheap to copy.
#[derive(Clone, Copy)]
pub struct FrameAllowance {
    in_all: usize,
    left: StoredValue<usize>,
    is_renewal_due: StoredValue<bool>,
    /// Whether something waits for the next frame.
    is_wanted: StoredValue<bool>,
    renewals: RwSignal<u32>,
}

impl FrameAllowance {
    /// Makes an allowance of so much for each frame.
    pub fn new(in_all: usize) -> Self {
        Self {
            in_all,
            left: StoredValue::new(in_all),
            is_renewal_due: StoredValue::new(false),
            is_wanted: StoredValue::new(false),
            renewals: RwSignal::new(0),
        }
    }

    /// Lets whoever calls this go on when there is an allowance again, after it was refused.
    pub fn track(self) {
        self.renewals.track();
    }

    /// Takes one; returns whether there was one left.
    pub fn take(self) -> bool {
        let left = self.left.get_value();
        self.left.set_value(left.saturating_sub(1));
        if left == 0 {
            self.is_wanted.set_value(true);
        }
        if !self.is_renewal_due.get_value() {
            self.is_renewal_due.set_value(true);
            after_paint(move || self.renew());
        }
        left > 0
    }

    fn renew(self) {
        // The page may have gone on by now.
        if self.left.try_set_value(self.in_all).is_some() {
            return;
        }
        self.is_renewal_due.set_value(false);
        if self.is_wanted.get_value() {
            self.is_wanted.set_value(false);
            self.renewals.update(|renewals| *renewals = renewals.wrapping_add(1));
        }
    }
}
