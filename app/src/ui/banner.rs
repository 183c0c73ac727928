//! A line across the page: something that is true until it is dealt with.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BannerKind {
    /// Good to know.
    Info,
    /// Needs care.
    Warning,
    /// Something is lost or broken.
    Danger,
}

impl BannerKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

/// Draws a banner; its buttons follow the words.
#[component]
pub fn Banner(
    /// How grave it is.
    kind: BannerKind,
    /// What it says.
    #[prop(into)]
    text: String,
    /// Its buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let glyph = if kind == BannerKind::Info { Glyph::Info } else { Glyph::Warning };
    let role = if kind == BannerKind::Danger { "alert" } else { "status" };
    view! {
        <div class="banner" data-kind=kind.as_str() role=role>
            <Icon glyph />
            <p class="banner__text">{text}</p>
            {children.map(|children| view! { <div class="banner__actions">{children()}</div> })}
        </div>
    }
}
