//! Computes the contrasts that `app/styles/tokens.css` promises (WCAG 2.2, 1.4.3 and 1.4.11).

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../styles/tokens.css");
/// Ratio of text to what it stands on.
const TEXT: f64 = 4.5;
/// Ratio of a control's border to what it stands on.
const BORDER: f64 = 3.0;
/// Surfaces that are not called so.
const SOFT: [&str; 3] = ["accent-soft", "danger-soft", "warning-soft"];
/// Text of any kind, on any surface.
const INKS: [&str; 13] = [
    "ink",
    "ink-muted",
    "ink-faint",
    "accent-ink",
    "danger",
    "warning",
    "success",
    "code-key",
    "code-string",
    "code-number",
    "code-bool",
    "code-null",
    "code-punctuation",
];
/// Text that stands on one ground only.
const PAIRS: [(&str, &str); 4] = [
    ("ink-on-accent", "accent"),
    ("ink-on-accent", "accent-hover"),
    ("ink-on-danger", "danger"),
    ("ink-on-danger", "danger-hover"),
];

/// A colour in light and in dark, each as its relative luminance.
type Luminances = [f64; 2];

/// Reads every token of the form `--name: light-dark(#rrggbb, #rrggbb)`.
fn tokens() -> BTreeMap<&'static str, Luminances> {
    let read = |line: &'static str| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(": light-dark(")?;
        let (light, dark) = value.split_once(')')?.0.split_once(", ")?;
        Some((name, [luminance(light)?, luminance(dark)?]))
    };
    TOKENS.lines().filter_map(read).collect()
}

fn luminance(colour: &str) -> Option<f64> {
    let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let channel = |at: usize| {
        let share = f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?) / 255.0;
        Some(if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

/// Lists what falls short, in light or in dark.
fn shortfalls(ink: &str, ground: &str, wanted: f64) -> Vec<String> {
    let tokens = tokens();
    let pairs = tokens[ink].iter().zip(tokens[ground]).zip(["light", "dark"]);
    let ratio = |(a, b): (f64, f64)| (a.max(b) + 0.05) / (a.min(b) + 0.05);
    let found = pairs.map(|((&ink, ground), theme)| (ratio((ink, ground)), theme));
    found
        .filter(|(ratio, _)| *ratio < wanted)
        .map(|(ratio, theme)| format!("{ink} on {ground} in {theme}: {ratio:.2}"))
        .collect()
}

fn surfaces() -> Vec<&'static str> {
    tokens().into_keys().filter(|name| name.starts_with("surface") || SOFT.contains(name)).collect()
}

#[test]
fn text_reads_on_every_surface_in_light_and_in_dark() {
    // Faint text had 3.54 on a selected row in dark, and 4.06 in light.
    let surfaces = surfaces();
    assert_eq!(surfaces.len(), 10);
    let on_surfaces = INKS.iter().flat_map(|ink| surfaces.iter().map(move |ground| (*ink, *ground)));
    let short: Vec<_> =
        on_surfaces.chain(PAIRS).flat_map(|(ink, ground)| shortfalls(ink, ground, TEXT)).collect();
    assert!(short.is_empty(), "{short:#?}");
}

#[test]
fn the_number_on_a_partitions_tag_reads_on_its_fill() {
    let short: Vec<_> = (0..8)
        .flat_map(|it| shortfalls(&format!("partition-ink-{it}"), &format!("partition-{it}"), TEXT))
        .collect();
    assert!(short.is_empty(), "{short:#?}");
}

#[test]
fn a_controls_border_and_the_focus_are_seen_on_every_surface() {
    let lines = ["line-control", "focus"]
        .into_iter()
        .flat_map(|line| surfaces().into_iter().map(move |it| (line, it)));
    let short: Vec<_> = lines.flat_map(|(line, ground)| shortfalls(line, ground, BORDER)).collect();
    assert!(short.is_empty(), "{short:#?}");
}
