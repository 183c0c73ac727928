//! Tablog in the browser: the page and the engine that serves it.
