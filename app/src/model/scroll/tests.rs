use proptest::prelude::*;

use super::*;

const ROW_PX: f64 = 24.0;

fn scroll(rows: u64, viewport_px: f64) -> Scroll {
    let mut scroll = Scroll::new(ROW_PX);
    scroll.set_viewport(viewport_px, None);
    scroll.set_rows(rows);
    scroll
}

#[test]
fn a_small_list_scrolls_pixel_by_pixel() {
    let mut s = scroll(100, 240.0);
    assert_eq!(s.content_px(), 2_400.0);
    s.on_scroll(36.0);
    assert_eq!(s.visible(), 1..12);
    assert_eq!(s.row_top_px(1), -12.0);
}

#[test]
fn the_wheel_moves_a_huge_list_by_its_own_pixels_and_the_thumb_in_proportion() {
    let mut s = scroll(10_000_000, 480.0);
    assert_eq!(s.content_px(), CONTENT_PX_MAX);
    s.on_scroll(100.0);
    assert_eq!(s.row_top_px(0), -100.0);
    s.on_scroll(CONTENT_PX_MAX / 2.0);
    let middle = s.visible().start;
    assert!((4_990_000..5_010_000).contains(&middle), "{middle}");
}

#[test]
fn an_empty_list_shows_nothing_and_is_at_its_end() {
    let s = scroll(0, 480.0);
    assert_eq!(s.visible(), 0..0);
    assert!(s.is_at_end());
}

#[test]
fn a_list_that_sticks_to_its_end_stays_there_when_the_viewport_shrinks() {
    // The timeline came in above the newest rows and pushed the last of them under the fold.
    let mut s = scroll(1_000, 480.0);
    s.stick_to_end(true);
    s.set_viewport(425.0, None);
    assert!(s.is_at_end());
    assert_eq!(s.visible().end, 1_000);
    s.set_rows(1_001);
    assert_eq!(s.visible().end, 1_001);
    s.scroll_to(0, Align::Nearest);
    assert_eq!(s.visible().start, 0, "moving the focus moves away");
    s.stick_to_end(false);
    s.set_rows(1_002);
    assert_eq!(s.visible().start, 0);
}

#[test]
fn a_row_that_is_looked_at_stays_in_view_when_the_viewport_shrinks() {
    // A timeline that came late pushed the record of a link out of view.
    let mut s = scroll(3_000, 621.0);
    s.scroll_to(2_999, Align::Top);
    assert!(s.shows_whole(2_999));
    s.set_viewport(559.0, Some(2_999));
    assert!(s.shows_whole(2_999));
    // One that was out of view is not brought back.
    s.scroll_to(0, Align::Top);
    s.set_viewport(480.0, Some(2_999));
    assert_eq!(s.visible().start, 0);
}

#[test]
fn a_row_that_is_gone_to_before_the_height_is_known_stands_at_the_top_once_it_is() {
    // The answer to a link came before the browser had laid out the grid, and the row's end was brought into a view of no
    // height: the grid then began one row below the one that was meant.
    let mut s = scroll(3_000, 0.0);
    s.scroll_to(2_000, Align::Top);
    s.scroll_to(2_000, Align::Nearest);
    s.set_viewport(621.0, Some(2_000));
    assert_eq!(s.visible().start, 2_000);
    assert!(s.shows_whole(2_000));
}

#[test]
fn a_report_of_where_the_list_itself_went_is_no_scrolling_though_rows_came_meanwhile() {
    // The report comes a frame late. It was taken for the person's, and the live tail let go of the end by itself.
    let mut s = scroll(1_000, 480.0);
    s.stick_to_end(true);
    let told = s.scroll_top_px();
    s.pushed(told);
    s.set_rows(1_010);
    assert!(!s.on_scroll(told));
    assert!(s.is_at_end());
    // Whoever scrolls up and back again does scroll.
    assert!(s.on_scroll(told - 100.0));
    assert!(s.on_scroll(told));
    assert_eq!(s.scroll_top_px(), told);
}

#[test]
fn the_wheel_moves_by_its_own_pixels_up_to_the_very_end_of_a_huge_list() {
    // The browser's position stood a few pixels from its end, and the next tick jumped over thousands of rows.
    let mut s = scroll(100_000_000, 480.0);
    s.scroll_to(100_000_000 - 200, Align::Top);
    let (before, top) = (s.visible().start, s.scroll_top_px());
    assert!(s.content_px() - 480.0 - top > 4_000.0, "there is room for what is left");
    s.on_scroll(top + 96.0);
    assert_eq!(s.visible().start, before + 4);
}

proptest! {
    #[test]
    fn every_row_can_be_reached_and_stands_where_it_should(
        rows in 1_u64..1_000_000_000_000, at in 0.0_f64..1.0, viewport in 24.0_f64..3_000.0,
    ) {
        let mut s = scroll(rows, viewport);
        let row = ((rows - 1) as f64 * at) as u64;
        for align in [Align::Top, Align::Bottom, Align::Nearest] {
            s.scroll_to(row, align);
            prop_assert!(s.visible().contains(&row));
            prop_assert!(s.scroll_top_px() <= s.content_px());
            // What the browser then reports changes nothing.
            let before = s;
            s.on_scroll(s.scroll_top_px());
            prop_assert_eq!(before.visible(), s.visible());
            prop_assert_eq!(s.settle(), None);
        }
    }

    #[test]
    fn the_ends_are_exact(rows in 1_u64..1_000_000_000_000, viewport in 24.0_f64..3_000.0) {
        let mut s = scroll(rows, viewport);
        s.on_scroll(s.content_px());
        prop_assert!(s.is_at_end());
        prop_assert_eq!(s.visible().end, rows);
        s.on_scroll(0.0);
        prop_assert_eq!(s.visible().start, 0);
    }

    #[test]
    fn scrolling_further_down_never_shows_earlier_rows(
        rows in 1_u64..1_000_000_000, viewport in 24.0_f64..3_000.0, steps in prop::collection::vec(0.0_f64..1.0, 2..20),
    ) {
        let mut s = scroll(rows, viewport);
        let max = s.content_px() - viewport;
        let mut tops: Vec<f64> = steps.iter().map(|step| step * max.max(0.0)).collect();
        tops.sort_by(f64::total_cmp);
        let mut last = 0;
        for top in tops {
            s.on_scroll(top);
            // Small movements drift from the proportion by design; they are settled when scrolling rests.
            s.settle();
            prop_assert!(s.visible().start + 2 >= last, "{:?} after {last}", s.visible());
            last = s.visible().start;
        }
    }

    #[test]
    fn new_rows_at_the_end_leave_the_view_where_it_is(rows in 1_u64..1_000_000_000, more in 0_u64..1_000_000, at in 0.0_f64..1.0) {
        let mut s = scroll(rows, 480.0);
        s.scroll_to((rows as f64 * at) as u64, Align::Top);
        let before = s.visible().start;
        s.set_rows(rows + more);
        prop_assert_eq!(s.visible().start, before);
    }
}
