//! Bars of a chart as one SVG path.

/// Draws a bar for each count, one unit wide, on a ground of `height` units. Heights grow with the square root, so that a quiet
/// minute beside a storm still shows; a bucket with anything in it is at least one unit high.
pub fn path(counts: &[u64], height: f64) -> String {
    let most = counts.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let scale = height / (most as f64).sqrt();
    let mut path = String::new();
    for (index, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let bar = ((*count as f64).sqrt() * scale).max(1.0);
        path.push_str(&format!("M{index} {height}v-{bar:.2}h1v{bar:.2}z"));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_count_fills_the_height_and_a_single_record_still_shows() {
        assert_eq!(path(&[0, 1, 10_000], 32.0), "M1 32v-1.00h1v1.00zM2 32v-32.00h1v32.00z");
    }

    #[test]
    fn nothing_counted_draws_nothing() {
        assert_eq!(path(&[0, 0], 32.0), "");
        assert_eq!(path(&[], 32.0), "");
    }
}
