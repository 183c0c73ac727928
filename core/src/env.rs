//! Time and chance, injected: the core never asks the platform for either, so that a seed replays a whole run.

use std::cell::Cell;
use std::future::poll_fn;
use std::task::Poll;

use crate::ids::Timestamp;

/// What the core needs from the outside world besides storage.
pub trait Env {
    /// Returns the wall clock's time.
    fn now(&self) -> Timestamp;

    /// Returns 64 random bits.
    fn random(&self) -> u64;
}

/// Lets everything else that is ready run once, whatever the executor: who waits for nothing gives the others a turn.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A clock that moves only when told to, and chance from a seed.
#[derive(Debug)]
pub struct SimEnv {
    now: Cell<i64>,
    state: Cell<u64>,
}

impl SimEnv {
    /// Starts at `now` with chance from `seed`.
    pub fn new(seed: u64, now: Timestamp) -> Self {
        Self { now: Cell::new(now.millis()), state: Cell::new(seed) }
    }

    /// Moves the clock by `millis`, backwards when negative: wall clocks jump.
    pub fn advance(&self, millis: i64) {
        self.now.set(self.now.get().saturating_add(millis));
    }
}

impl Env for SimEnv {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.get())
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): small, seedable, good enough for simulation.
    fn random(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.state.set(state);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl<E: Env + ?Sized> Env for std::rc::Rc<E> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn random(&self) -> u64 {
        (**self).random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let draw = |seed| {
            let env = SimEnv::new(seed, Timestamp::from_millis(0));
            [env.random(), env.random(), env.random()]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
