use super::*;
use crate::engine::protocol::ReplayOptions;

fn looks() -> Vec<Look> {
    vec![
        Look::default(),
        Look { start: Some(Start::Newest), ..Look::default() },
        Look { start: Some(Start::Oldest), partitions: Some(vec![0, 2, 999]), ..Look::default() },
        Look { start: Some(Start::Offset { partition: 1, offset: i64::MAX }), ..Look::default() },
        Look { start: Some(Start::Time(-1)), record: Some((0, 0)), ..Look::default() },
        Look { at: Some(1_517_932_200_000), speed: Some(Speed::Times(0.1)), ..Look::default() },
        Look { speed: Some(Speed::Fastest), ..Look::default() },
        Look { gaps_ms: Some(2_000), is_loop: true, ..Look::default() },
        Look { columns: vec![ExtraColumn::Compression, ExtraColumn::Crc], ..Look::default() },
        Look { isolation: IsolationLevel::ReadCommitted, ..Look::default() },
    ]
}

#[test]
fn every_place_survives_the_address_bar() {
    let mut routes = vec![Route::Home, Route::Topics, Route::Health, Route::About];
    for look in looks() {
        for tab in Tab::OF_TOPICS {
            routes.push(Route::Topic { name: "my.topic_1-a".into(), tab, look: look.clone() });
        }
        for tab in Tab::OF_FILES {
            routes.push(Route::File { file: 7, tab, look: look.clone() });
        }
    }
    for route in routes {
        assert_eq!(Route::parse(&route.href()), route, "{}", route.href());
    }
}

#[test]
fn names_that_are_no_topic_names_survive_too() {
    for name in ["a b", "ä/ö?#&=%", "100%", "%41"] {
        let route = Route::topic(name, Tab::Messages);
        assert_eq!(Route::parse(&route.href()), route);
    }
}

#[test]
fn going_between_the_grid_and_the_drawer_over_it_keeps_what_is_looked_at() {
    // The keys p and g m dropped it, where a click on a tab kept it.
    let look = Look { partitions: Some(vec![1]), record: Some((1, 42)), ..Look::default() };
    let at = |tab, look: &Look| Route::Topic { name: "orders".into(), tab, look: look.clone() };
    let messages = at(Tab::Messages, &look);
    assert_eq!(messages.at_tab(Tab::Publish), Some(at(Tab::Publish, &look)));
    assert_eq!(at(Tab::Publish, &look).at_tab(Tab::Messages), Some(messages.clone()));
    let isolation = IsolationLevel::ReadCommitted;
    let committed = Look { isolation, ..look.clone() };
    let partitions = Look { partitions: Some(vec![1]), ..Look::default() };
    assert_eq!(messages.at_tab(Tab::Replay), Some(at(Tab::Replay, &partitions)));
    let partitions_committed = Look { isolation, ..partitions.clone() };
    let replay = at(Tab::Replay, &partitions_committed);
    assert_eq!(at(Tab::Messages, &committed).at_tab(Tab::Replay), Some(replay));
    assert_eq!(at(Tab::Replay, &look).at_tab(Tab::Messages), Some(at(Tab::Messages, &partitions)));
    assert_eq!(messages.at_tab(Tab::Settings), Some(Route::topic("orders", Tab::Settings)));
}

#[test]
fn files_have_the_tabs_that_read() {
    let file = Route::file(3);
    assert_eq!(file.at_tab(Tab::Replay), Some(Route::parse("#/file/3/replay")));
    assert_eq!(file.at_tab(Tab::Publish), None);
    assert_eq!(file.at_tab(Tab::Settings), None);
    assert_eq!(Route::Topics.at_tab(Tab::Messages), None);
}

#[test]
fn links_look_as_documented() {
    let look = Look {
        start: Some(Start::Offset { partition: 1, offset: 42 }),
        partitions: Some(vec![0, 2]),
        record: Some((1, 42)),
        ..Look::default()
    };
    let route = Route::Topic { name: "orders".into(), tab: Tab::Messages, look };
    assert_eq!(route.href(), "#/topic/orders/messages?start=offset:1:42&partitions=0,2&record=1:42");
}

#[test]
fn the_address_says_where_a_replay_stands_and_how_it_plays() {
    // Position, speed, gaps and loop were lost when the page was loaded again.
    let options = ReplayOptions { speed: Speed::Times(10.0), skip_gaps_ms: Some(2_000), is_loop: true };
    let mut state = ReplayState {
        replay: 1,
        view: 1,
        rows_shown: 3,
        rows: 9,
        timestamp: Some(1_004),
        is_playing: false,
        late_ms: 0.0,
        options,
    };
    let mut look = Look { record: Some((0, 2)), ..Look::default() };
    look.note_replay(&state);
    assert_eq!(look.query(), "?record=0:2&at=1005&speed=10&gaps=2000&loop=on");
    state.rows_shown = 0;
    state.options = ReplayOptions { speed: Speed::Times(1.0), skip_gaps_ms: None, is_loop: false };
    look.note_replay(&state);
    assert_eq!(look.query(), "?record=0:2");
}

#[test]
fn a_bare_address_is_the_first_screen() {
    for hash in ["", "#", "#/"] {
        assert_eq!(Route::parse(hash), Route::Home);
    }
}

#[test]
fn a_topic_or_file_without_a_tab_shows_its_messages() {
    assert_eq!(Route::parse("#/topic/orders"), Route::topic("orders", Tab::Messages));
    assert_eq!(Route::parse("#/file/3"), Route::file(3));
}

#[test]
fn what_means_nothing_is_kept_to_be_shown() {
    for hash in [
        "#/nowhere",
        "#/topic/a/b",
        "#/topic/a/messages/c",
        "#/file/x",
        "#/file/1/settings",
        "#/topic/a/verify",
    ] {
        assert_eq!(Route::parse(hash), Route::Unknown(hash.to_owned()));
    }
}

#[test]
fn a_look_that_cannot_be_is_left_out() {
    let route =
        Route::parse("#/topic/a/messages?start=never&partitions=0,-1&record=1&at=x&speed=5000&who=me");
    assert_eq!(route, Route::topic("a", Tab::Messages));
}
