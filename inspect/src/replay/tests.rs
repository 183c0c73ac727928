use proptest::prelude::*;

use super::*;

/// Feeds what is wanted, at most `chunk` rows at a time, from rows with these timestamps.
fn feed(replay: &mut Replay, timestamps: &[i64], chunk: usize) {
    while let Some(wanted) = replay.wants() {
        let from = wanted.start as usize;
        let to = (wanted.end as usize).min(from + chunk);
        let fed: Vec<Timestamp> = timestamps[from..to].iter().copied().map(Timestamp::from_millis).collect();
        replay.feed(wanted.start, &fed);
    }
}

/// Play times by definition: whole numbers, gaps against the newest so far, long ones shortened.
fn play_times(timestamps: &[i64], skip: Option<i64>) -> Vec<i64> {
    let (mut play, mut newest) = (0, timestamps.first().copied().unwrap_or(0));
    let mut time = |&timestamp: &i64| {
        let gap = (timestamp - newest).max(0);
        newest = newest.max(timestamp);
        play += skip.map_or(gap, |skip| gap.min(skip));
        play
    };
    timestamps.iter().map(&mut time).collect()
}

fn rows(due: &Due) -> Vec<u64> {
    due.rows.iter().map(|row| row.row).collect()
}

fn any_timestamps() -> impl Strategy<Value = Vec<i64>> {
    let step = prop_oneof![6 => 0_i64..50, 2 => -40_i64..0, 1 => 1_000_i64..100_000, 1 => Just(0)];
    (0_i64..2_000_000_000_000, proptest::collection::vec(step, 1..200)).prop_map(|(start, steps)| {
        let mut at = start;
        let mut next = |step| {
            at += step;
            at
        };
        steps.into_iter().map(&mut next).collect()
    })
}

/// Speeds that binary fractions hold exactly, so that due times can be compared exactly.
fn any_speed() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.125), Just(0.5), Just(1.0), Just(2.0), Just(16.0), Just(512.0)]
}

proptest! {
    #[test]
    fn each_row_is_due_once_and_at_its_exact_time_however_late_the_host_wakes(
        timestamps in any_timestamps(),
        speed in any_speed(),
        skip in prop_oneof![Just(None), (0_i64..3_000).prop_map(Some)],
        start in 0_u32..1_000_000,
        lateness in proptest::collection::vec(prop_oneof![3 => Just(0_u32), 1 => 0_u32..5_000], 1..40),
        chunk in 1_usize..50,
    ) {
        let start = f64::from(start);
        let mut replay = Replay::new(0..timestamps.len() as u64);
        replay.set_speed(Speed::Times(speed), start - 5.0);
        replay.set_skip_gaps_over(skip, start - 5.0);
        replay.play(start);
        let expected = play_times(&timestamps, skip);
        let mut seen = 0;
        let mut now = start;
        for turn in 0.. {
            feed(&mut replay, &timestamps, chunk);
            let due = replay.tick(now);
            for row in &due.rows {
                prop_assert_eq!(row.row, seen as u64);
                prop_assert_eq!(row.due_ms, start + expected[seen] as f64 / speed);
                prop_assert!(row.due_ms <= now);
                seen += 1;
            }
            // Nothing that is due is held back.
            if let Some(next) = expected.get(seen) {
                prop_assert!(start + *next as f64 / speed > now);
            }
            let Some(wake) = due.wake_at_ms else { break };
            prop_assert!(wake > now);
            now = wake + f64::from(lateness[turn % lateness.len()]) / 8.0;
        }
        prop_assert_eq!(seen, timestamps.len());
        prop_assert_eq!(replay.state(), ReplayState::Ended);
    }

    #[test]
    fn pauses_speeds_and_gaps_change_the_pace_and_lose_no_row(
        timestamps in any_timestamps(),
        acts in proptest::collection::vec((0_u8..6, 0_u32..4_000, any_speed(), 0_i64..2_000), 1..60),
        chunk in 1_usize..50,
    ) {
        let mut replay = Replay::new(0..timestamps.len() as u64);
        let (mut now, mut seen) = (0.0, 0);
        // The reference: play time gone by, against play times laid out from the row shown last.
        let (mut playing, mut speed, mut skip, mut gone, mut base) = (false, 1.0, None, 0.0, 0_i64);
        for (act, wait, new_speed, gap) in acts {
            feed(&mut replay, &timestamps, chunk);
            let due = replay.tick(now);
            prop_assert_eq!(rows(&due), (seen as u64..(seen + due.rows.len()) as u64).collect::<Vec<_>>());
            for _ in &due.rows {
                let step = if seen == 0 { 0 } else {
                    let newest = timestamps[..seen].iter().max().unwrap();
                    let gap = (timestamps[seen] - newest).max(0);
                    skip.map_or(gap, |skip: i64| gap.min(skip))
                };
                base += step;
                prop_assert!(playing && base as f64 <= gone, "row {} at {} of {}", seen, base, gone);
                seen += 1;
            }
            if playing && seen < timestamps.len() && seen > 0 {
                let newest = timestamps[..seen].iter().max().unwrap();
                let gap = (timestamps[seen] - newest).max(0);
                let next = base + skip.map_or(gap, |skip| gap.min(skip));
                prop_assert!(next as f64 > gone, "row {} was due", seen);
            }
            if seen == timestamps.len() {
                break;
            }
            match act {
                0 | 1 => { replay.play(now); playing = true; }
                2 => { replay.pause(now); playing = false; }
                3 => { replay.set_speed(Speed::Times(new_speed), now); speed = new_speed; }
                4 => { skip = Some(gap); replay.set_skip_gaps_over(skip, now); }
                _ => {}
            }
            let wait = f64::from(wait) / 8.0;
            now += wait;
            gone += if playing { wait * speed } else { 0.0 };
        }
    }

    #[test]
    fn stepping_shows_every_row_once_in_either_direction(count in 1_u64..40, steps in proptest::collection::vec(any::<bool>(), 0..80)) {
        let timestamps: Vec<i64> = (0..count as i64).map(|n| n * 10).collect();
        let mut replay = Replay::new(0..count);
        let mut next = 0_u64;
        for (turn, forward) in steps.into_iter().enumerate() {
            feed(&mut replay, &timestamps, 7);
            if forward {
                let expected = (next < count).then_some(next);
                prop_assert_eq!(replay.step_forward(turn as f64), expected);
                next += u64::from(expected.is_some());
            } else {
                next = next.saturating_sub(1);
                prop_assert_eq!(replay.step_back(turn as f64), next.checked_sub(1));
            }
            prop_assert_eq!(replay.next_row(), next);
        }
    }
}

#[test]
fn a_step_back_keeps_the_gap_to_the_next_row() {
    let timestamps = [0, 100, 250, 1_000];
    let mut replay = Replay::new(0..4);
    for _ in 0..3 {
        feed(&mut replay, &timestamps, 10);
        replay.step_forward(0.0);
    }
    assert_eq!(replay.step_back(0.0), Some(1));
    replay.play(5_000.0);
    assert_eq!(replay.tick(5_000.0), Due::default(), "row 1's time was not fed yet");
    feed(&mut replay, &timestamps, 10);
    assert_eq!(replay.tick(5_000.0).wake_at_ms, Some(5_150.0));
    assert_eq!(rows(&replay.tick(5_150.0)), [2]);
}

#[test]
fn a_seek_to_a_row_shows_it_at_once_and_a_seek_to_a_time_waits_for_it() {
    let timestamps = [0, 100, 250, 1_000];
    let mut replay = Replay::new(0..4);
    replay.play(0.0);
    feed(&mut replay, &timestamps, 10);
    replay.seek_to_row(2, 10.0);
    // What was wanted before the seek comes too late.
    replay.feed(0, &[Timestamp::from_millis(0)]);
    assert_eq!(replay.wants(), Some(2..4));
    feed(&mut replay, &timestamps, 10);
    assert_eq!(
        replay.tick(10.0),
        Due { rows: vec![DueRow { row: 2, due_ms: 10.0 }], wake_at_ms: Some(760.0) }
    );
    replay.seek_to_time(1, Timestamp::from_millis(60), 20.0);
    feed(&mut replay, &timestamps, 10);
    assert_eq!(replay.tick(20.0), Due { rows: Vec::new(), wake_at_ms: Some(60.0) });
    assert_eq!(replay.time(40.0), Some(Timestamp::from_millis(80)));
    assert_eq!(rows(&replay.tick(210.0)), [1, 2]);
}

#[test]
fn as_fast_as_possible_everything_is_due_in_bounded_portions() {
    let timestamps: Vec<i64> = (0..2_500).map(|n| n * 1_000_000).collect();
    let mut replay = Replay::new(0..2_500);
    replay.set_speed(Speed::AsFastAsPossible, 0.0);
    replay.play(0.0);
    let mut seen = Vec::new();
    loop {
        feed(&mut replay, &timestamps, 1_000);
        let due = replay.tick(1.0);
        assert!(due.rows.len() <= REPLAY_ROWS_PER_TICK_MAX);
        seen.extend(rows(&due));
        if due.wake_at_ms.is_none() {
            break;
        }
        assert_eq!(due.wake_at_ms, Some(1.0));
    }
    assert_eq!(seen, (0..2_500).collect::<Vec<_>>());
    assert_eq!(replay.state(), ReplayState::Ended);
    // Back to recorded speed, it goes on from where it is.
    replay.seek_to_row(0, 2.0);
    replay.play(2.0);
    feed(&mut replay, &timestamps, 1_000);
    assert_eq!(replay.tick(2.0).rows.len(), 1_000);
    replay.set_speed(Speed::Times(1_000.0), 2.0);
    assert_eq!(replay.tick(2.0), Due { rows: Vec::new(), wake_at_ms: Some(1_002.0) });
}

#[test]
fn a_loop_starts_over_after_a_pause_and_can_be_left() {
    let timestamps = [5_000, 5_100, 5_200];
    let mut replay = Replay::new(0..3);
    replay.set_looped(true);
    replay.play(0.0);
    let mut seen = Vec::new();
    let mut now = 0.0;
    while seen.len() < 7 {
        feed(&mut replay, &timestamps, 2);
        let due = replay.tick(now);
        seen.extend(due.rows.iter().map(|row| (row.row, row.due_ms)));
        now = due.wake_at_ms.unwrap_or(now);
    }
    let expected = [(0, 0.0), (1, 100.0), (2, 200.0), (0, 1_200.0), (1, 1_300.0), (2, 1_400.0), (0, 2_400.0)];
    assert_eq!(seen, expected);
    replay.set_looped(false);
    feed(&mut replay, &timestamps, 2);
    assert_eq!(rows(&replay.tick(10_000.0)), [1, 2]);
    assert_eq!(replay.state(), ReplayState::Ended);
    // Play at the end starts over.
    replay.play(20_000.0);
    feed(&mut replay, &timestamps, 2);
    assert_eq!(rows(&replay.tick(20_000.0)), [0]);
    // As fast as possible, a loop does not spin.
    replay.set_looped(true);
    replay.set_speed(Speed::AsFastAsPossible, 20_000.0);
    feed(&mut replay, &timestamps, 2);
    assert_eq!(replay.tick(20_001.0).rows.len(), 2);
    feed(&mut replay, &timestamps, 2);
    assert_eq!(replay.tick(20_002.0).wake_at_ms, Some(21_001.0));
}

#[test]
fn a_single_row_loops_too() {
    let mut replay = Replay::new(3..4);
    replay.set_looped(true);
    replay.play(0.0);
    let timestamps = [0, 0, 0, 7];
    let mut due_at = Vec::new();
    let mut now = 0.0;
    for _ in 0..6 {
        feed(&mut replay, &timestamps, 2);
        let due = replay.tick(now);
        due_at.extend(due.rows.iter().map(|row| (row.row, row.due_ms)));
        now = due.wake_at_ms.unwrap_or(now);
    }
    assert!(due_at.starts_with(&[(3, 0.0), (3, 1_000.0), (3, 2_000.0)]), "{due_at:?}");
}

#[test]
fn rows_that_are_appended_can_be_played_on() {
    let timestamps = [0, 10, 20];
    let mut replay = Replay::new(0..2);
    replay.play(0.0);
    feed(&mut replay, &timestamps, 5);
    assert_eq!(rows(&replay.tick(50.0)), [0, 1]);
    assert_eq!(replay.state(), ReplayState::Ended);
    replay.changed_from(2, 3);
    assert_eq!(replay.tick(60.0), Due::default());
    replay.play(100.0);
    feed(&mut replay, &timestamps, 5);
    assert_eq!(rows(&replay.tick(100.0)), [2]);
    assert_eq!(Replay::new(5..5).wants(), None);
    let mut empty = Replay::new(5..5);
    empty.play(0.0);
    assert_eq!((empty.tick(0.0), empty.state()), (Due::default(), ReplayState::Paused));
}

#[test]
fn the_gap_that_is_playing_goes_on_while_rows_behind_it_change() {
    // Every append to another partition made a new clock, which began the gap anew: a replay of a topic that grew never went on.
    let timestamps = [0, 1_000, 2_000, 3_000];
    let mut replay = Replay::new(0..2);
    replay.play(0.0);
    feed(&mut replay, &timestamps, 9);
    assert_eq!(rows(&replay.tick(0.0)), [0]);
    for (now, end) in [(300.0, 3), (600.0, 4), (900.0, 4)] {
        replay.changed_from(1, end);
        assert_eq!(replay.wants(), Some(1..end), "what changed is asked for again");
        feed(&mut replay, &timestamps, 9);
        assert_eq!(replay.tick(now), Due { rows: Vec::new(), wake_at_ms: Some(1_000.0) });
    }
    replay.changed_from(2, 4);
    assert_eq!(rows(&replay.tick(1_000.0)), [1], "a row before the change stays known");
}

#[test]
fn rows_that_move_in_front_of_the_one_shown_last_neither_restart_nor_skip_a_gap() {
    let mut replay = Replay::new(0..3);
    replay.play(0.0);
    feed(&mut replay, &[0, 1_000, 5_000], 9);
    assert_eq!(rows(&replay.tick(1_000.0)), [0, 1]);
    // A late record takes the place of row 1, which becomes row 2: shown again at once, not after a gap.
    replay.changed_from(1, 4);
    assert_eq!(
        replay.tick(1_500.0),
        Due::default(),
        "the row shown last is another one, and its time was not fed"
    );
    feed(&mut replay, &[0, 500, 1_000, 5_000], 9);
    assert_eq!(rows(&replay.tick(1_500.0)), [2]);
    assert_eq!(replay.tick(2_000.0).wake_at_ms, Some(5_000.0));
}

#[test]
fn when_the_oldest_rows_are_deleted_the_next_one_stays_the_next_one() {
    // It counted rows, and not which: deleting as many rows as were shown left out as many that were not.
    for shown in [2_usize, 3] {
        let timestamps = [0, 1_000, 2_000, 5_000, 6_000, 8_000];
        let mut replay = Replay::new(0..6);
        replay.play(0.0);
        feed(&mut replay, &timestamps, 9);
        let now = (shown as f64 - 1.0) * 1_000.0;
        assert_eq!(rows(&replay.tick(now)).len(), shown);
        replay.changed_from(0, 4);
        assert_eq!(replay.next_row(), shown as u64 - 2);
        feed(&mut replay, &timestamps[2..], 9);
        let next = timestamps[shown] as f64;
        assert_eq!(
            replay.tick(now).wake_at_ms,
            Some(next),
            "the gap counts from the row that was shown last"
        );
        assert_eq!(rows(&replay.tick(next)), [shown as u64 - 2]);
    }
    // More than was shown: what is left is played from its beginning on.
    let mut replay = Replay::new(0..6);
    replay.play(0.0);
    feed(&mut replay, &[0, 10, 20, 30, 40, 50], 9);
    assert_eq!(rows(&replay.tick(10.0)), [0, 1]);
    replay.changed_from(0, 2);
    feed(&mut replay, &[40, 50], 9);
    assert_eq!(rows(&replay.tick(40.0)), [0]);
}

#[test]
fn a_range_that_is_emptied_ends_and_what_comes_then_is_shown_at_once() {
    let mut replay = Replay::new(0..2);
    replay.play(0.0);
    feed(&mut replay, &[0, 1_000], 9);
    assert_eq!(rows(&replay.tick(0.0)), [0]);
    replay.changed_from(0, 0);
    assert_eq!(
        (replay.wants(), replay.tick(10.0), replay.state()),
        (None, Due::default(), ReplayState::Ended)
    );
    replay.changed_from(0, 1);
    replay.play(20.0);
    feed(&mut replay, &[9_000_000], 9);
    assert_eq!(rows(&replay.tick(20.0)), [0]);
}

#[test]
fn a_loop_takes_rows_that_were_appended_along_before_it_starts_over() {
    let mut replay = Replay::new(0..2);
    replay.set_looped(true);
    replay.play(0.0);
    feed(&mut replay, &[0, 100], 9);
    assert_eq!(rows(&replay.tick(100.0)), [0, 1]);
    replay.changed_from(2, 3);
    feed(&mut replay, &[0, 100, 200], 9);
    assert_eq!(rows(&replay.tick(200.0)), [2]);
    assert_eq!(rows(&replay.tick(1_200.0)), [0]);
}

#[test]
fn a_record_without_a_timestamp_holds_nothing_up() {
    // -1 was taken for a time in 1969: the next record was due 54 years later.
    let timestamps = [-1, 1_700_000_000_000, -1, 1_700_000_000_010];
    let mut replay = Replay::new(0..4);
    replay.play(0.0);
    feed(&mut replay, &timestamps, 9);
    assert_eq!(rows(&replay.tick(9.0)), [0, 1, 2]);
    assert_eq!(rows(&replay.tick(10.0)), [3]);
    // Nor after a seek behind it, nor when a loop starts over with it.
    replay.set_looped(true);
    replay.seek_behind(Some(0), 20.0);
    replay.play(20.0);
    feed(&mut replay, &timestamps, 9);
    assert_eq!(rows(&replay.tick(30.0)), [1, 2, 3]);
    assert_eq!(rows(&replay.tick(1_039.0)), [0, 1, 2]);
}

proptest! {
    #[test]
    fn whatever_changes_each_row_of_the_end_is_shown_once(
        steps in proptest::collection::vec((0_i64..50, 0_u64..4, 0_u64..60), 1..40),
    ) {
        // Rows are appended, and some that were not shown yet move, while the replay plays: as a topic of partitions grows.
        let mut timestamps = vec![0_i64];
        let mut replay = Replay::new(0..1);
        replay.play(0.0);
        let (mut now, mut seen) = (0.0, Vec::new());
        for (step, back, wait) in steps {
            feed(&mut replay, &timestamps, 3);
            seen.extend(rows(&replay.tick(now)));
            let at = (timestamps.len() as u64 - back.min(timestamps.len() as u64 - 1)).max(replay.next_row());
            let before = timestamps[..at as usize].iter().max().copied().unwrap_or(0);
            timestamps.insert(at as usize, before + step);
            replay.changed_from(at, timestamps.len() as u64);
            replay.play(now);
            now += wait as f64;
        }
        feed(&mut replay, &timestamps, 3);
        seen.extend(rows(&replay.tick(now + 1e9)));
        prop_assert_eq!(seen, (0..timestamps.len() as u64).collect::<Vec<_>>());
    }
}
