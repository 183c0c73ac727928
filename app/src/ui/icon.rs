//! Icons: lines on a grid of 16, drawn in the colour of the words beside them. All are decoration; what they mean is in words.

use leptos::prelude::*;

/// The icons there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Adds.
    Plus,
    /// Closes or takes away.
    Cross,
    /// Confirms.
    Check,
    /// More actions.
    Dots,
    /// Opens a list, or the list of topics.
    List,
    /// Points on.
    ChevronRight,
    /// Opens downward.
    ChevronDown,
    /// A file.
    File,
    /// Opens files.
    FolderOpen,
    /// A topic: records one after the other.
    Log,
    /// Sends.
    Send,
    /// Plays.
    Play,
    /// Searches.
    Search,
    /// Light and dark.
    Contrast,
    /// Light.
    Sun,
    /// Dark.
    Moon,
    /// Takes out of the app.
    Download,
    /// Deletes.
    Trash,
    /// Copies.
    Copy,
    /// A link.
    Link,
    /// Tells more.
    Info,
    /// Warns.
    Warning,
    /// Where records are kept.
    Database,
    /// The keyboard.
    Keyboard,
    /// Pauses.
    Pause,
    /// One step on.
    StepForward,
    /// One step back.
    StepBack,
    /// To the first.
    ToStart,
    /// To the last.
    ToEnd,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Plus => "M8 3v10M3 8h10",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Check => "M3 8.5l3.3 3.3L13 4.8",
            Self::Dots => "M3.5 8h.01M8 8h.01M12.5 8h.01",
            Self::List => "M2.5 4h11M2.5 8h11M2.5 12h11",
            Self::ChevronRight => "M6 3.5L10.5 8 6 12.5",
            Self::ChevronDown => "M3.5 6L8 10.5 12.5 6",
            Self::File => "M9.5 1.8H4.3a.8.8 0 0 0-.8.8v10.8c0 .4.4.8.8.8h7.4c.4 0 .8-.4.8-.8V4.8zM9.3 2v3h3",
            Self::FolderOpen => {
                "M1.8 12.6V4.2c0-.5.4-.9.9-.9h3.1l1.5 1.6h4.5c.5 0 .9.4.9.9v1.1M1.8 12.6l1.9-5c.1-.4.5-.6.8-.6h9c.6 0 1 .6.8 1.1l-1.5 4.2c-.1.4-.5.6-.8.6H2.5c-.5 0-.8-.1-.7-.3z"
            }
            Self::Log => "M2.2 4.2h5.6M10 4.2h3.8M2.2 8h3.3M7.8 8h6M2.2 11.8h4.6",
            Self::Send => "M13.8 2.2L7.2 8.8M13.8 2.2l-4.2 11.6-2.4-5-5-2.4z",
            Self::Play => "M5 3.2v9.6L12.6 8z",
            Self::Search => "M7 11.6a4.6 4.6 0 1 0 0-9.2 4.6 4.6 0 0 0 0 9.2zM10.4 10.4l3.4 3.4",
            Self::Contrast => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v12M8 5h4.9M8 8h5.9M8 11h4.9",
            Self::Pause => "M5.2 3v10M10.8 3v10",
            Self::StepForward => "M4 3.2v9.6L10.4 8zM12.6 3v10",
            Self::StepBack => "M12 3.2v9.6L5.6 8zM3.4 3v10",
            Self::ToStart => "M13 3.4v9.2L8 8zM8 3.4v9.2L3.4 8M2.6 3v10",
            Self::ToEnd => "M3 3.4v9.2L8 8zM8 3.4v9.2L12.6 8M13.4 3v10",
            Self::Sun => {
                "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1"
            }
            Self::Moon => "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z",
            Self::Download => "M8 2.2v8M4.8 7.2L8 10.4l3.2-3.2M2.6 13.4h10.8",
            Self::Trash => {
                "M2.6 4.4h10.8M6 4.2V2.6h4v1.6M4 4.6l.6 8.2c0 .5.4.8.8.8h5.2c.4 0 .8-.3.8-.8l.6-8.2M6.6 7v4M9.4 7v4"
            }
            Self::Copy => {
                "M5.6 5.6V3.2c0-.4.3-.8.8-.8h6.4c.4 0 .8.4.8.8v6.4c0 .5-.4.8-.8.8h-2.4M3.2 5.6h6.4c.4 0 .8.4.8.8v6.4c0 .5-.4.8-.8.8H3.2c-.5 0-.8-.3-.8-.8V6.4c0-.4.3-.8.8-.8z"
            }
            Self::Link => {
                "M6.6 9.4a2.8 2.8 0 0 0 4 0l2.1-2.1a2.8 2.8 0 1 0-4-4l-.8.8M9.4 6.6a2.8 2.8 0 0 0-4 0L3.3 8.7a2.8 2.8 0 1 0 4 4l.8-.8"
            }
            Self::Info => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.4v3.4M8 5.2h.01",
            Self::Warning => "M8 2.4l6 10.8H2zM8 6.4v3.2M8 11.4h.01",
            Self::Database => {
                "M8 6c3 0 5.2-.9 5.2-2S11 2 8 2s-5.2.9-5.2 2S5 6 8 6zM2.8 4v8c0 1.1 2.2 2 5.2 2s5.2-.9 5.2-2V4M2.8 8c0 1.1 2.2 2 5.2 2s5.2-.9 5.2-2"
            }
            Self::Keyboard => {
                "M2.4 4h11.2c.4 0 .8.3.8.8v6.4c0 .5-.4.8-.8.8H2.4c-.4 0-.8-.3-.8-.8V4.8c0-.5.4-.8.8-.8zM4.4 6.8h.01M6.8 6.8h.01M9.2 6.8h.01M11.6 6.8h.01M5 9.4h6"
            }
        }
    }
}

/// Draws an icon.
#[component]
pub fn Icon(
    /// Which.
    glyph: Glyph,
) -> impl IntoView {
    view! {
        <svg class="icon" data-dots=(glyph == Glyph::Dots).then_some("") viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=glyph.path()></path>
        </svg>
    }
}
