//! The rest of what the browser gives: files, other tabs, time and chance. Runs in a window, so that the store is seen to work
//! there too. How to run it is told in `browser_storage.rs`.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "clippy does not take browser tests for tests")]

mod browser;

use std::collections::HashSet;

use browser::{Replaced, Uncaught, buffer, fresh_name};
use bytes::Bytes;
use futures_channel::mpsc;
use futures_util::StreamExt;
use js_sys::Array;
use tablog_core::browser::{BlobFile, BrowserEnv, IndexedDbStorage, Tabs, delete_database, persisted};
use tablog_core::env::Env;
use tablog_core::segment::ReadAt;
use tablog_core::storage::suite::{self, everything};
use tablog_core::storage::{Storage, Table};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Blob, File};

wasm_bindgen_test_configure!(run_in_browser);

fn file(bytes: &[u8]) -> BlobFile {
    let parts = Array::of1(&buffer(bytes));
    BlobFile::new(File::new_with_buffer_source_sequence(&parts, "digits.log").unwrap())
}

#[wasm_bindgen_test]
async fn a_window_can_use_the_database_as_a_worker_can() {
    let name = fresh_name();
    let open = async || IndexedDbStorage::open(&name).await.unwrap();
    suite::clients_that_retry_after_a_conflict_leave_no_gap(open).await;
    let store = open().await;
    assert!(!store.scan(&everything(Table::Chunks)).await.unwrap().is_empty());
    assert!(store.usage().await.unwrap().quota_bytes.is_some());
    assert!(persisted().await.unwrap().is_some());
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_file_hands_over_slices_and_stops_where_it_ends() {
    let file = file(b"0123456789");
    assert_eq!((file.name(), file.len_bytes()), ("digits.log", 10));
    for (position, bytes_len, expected) in [
        (2, 3, &b"234"[..]),
        (8, 100, b"89"),
        (0, 10, b"0123456789"),
        (10, 1, b""),
        (1 << 60, 1, b""),
        (3, 0, b""),
    ] {
        let slice = file.read_at(position, bytes_len).await;
        assert_eq!(slice, Ok(Bytes::from_static(expected)), "{bytes_len} bytes from {position}");
    }
}

#[wasm_bindgen_test]
async fn a_file_read_in_chunks_comes_whole_and_in_order() {
    let bytes: Vec<u8> = (0..100_003_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    for chunk_bytes in [1_000, 4_096, 100_003, 200_000] {
        let mut chunks = file(&bytes).chunks(chunk_bytes);
        let mut read = vec![];
        while let Some(chunk) = chunks.next_chunk().await.unwrap() {
            assert!(chunk.len() == chunk_bytes || read.len() + chunk.len() == bytes.len());
            read.extend_from_slice(&chunk);
            assert_eq!(chunks.position_bytes(), read.len() as u64);
        }
        assert!(read == bytes, "{chunk_bytes}");
        assert_eq!(chunks.next_chunk().await, Ok(None), "the end stays the end");
    }
    assert_eq!(file(b"").chunks(10).next_chunk().await, Ok(None));
}

/// A browser that streams no files into a buffer of ours: it reads slices.
fn without_streams() -> Replaced {
    Replaced::with("Blob", "stream", "return () => new ReadableStream({})")
}

#[wasm_bindgen_test]
async fn a_chunk_that_failed_is_read_again_and_not_passed_over() {
    // The read of the next chunk was on its way by then, and was handed out in place of the one that failed.
    let mut chunks = file(b"0123456789").chunks(4);
    let once = |fault: &str| {
        format!(
            "let times = 0; const fault = () => {{ {fault} }};
            return function () {{ times += 1; return times === 1 ? fault() : original.call(this); }};"
        )
    };
    let broken = "return new ReadableStream({ type: 'bytes', pull() { throw new Error('acted out'); } });";
    let stream = Replaced::with("Blob", "stream", &once(broken));
    let refused = "return Promise.reject(new DOMException('acted out', 'NotReadableError'));";
    let slice = Replaced::with("Blob", "arrayBuffer", &once(refused));
    let failed = chunks.next_chunk().await.unwrap_err();
    assert!(failed.cause.contains("acted out"), "{failed}");
    assert_eq!(chunks.position_bytes(), 0);
    for expected in [&b"0123"[..], b"4567", b"89"] {
        assert_eq!(chunks.next_chunk().await, Ok(Some(Bytes::from_static(expected))));
    }
    drop((stream, slice));
}

#[wasm_bindgen_test]
async fn chunks_come_in_one_stream() {
    let mut chunks = file(b"0123456789").chunks(4);
    let (streams, slices) = (Replaced::watched("Blob", "stream"), Replaced::watched("Blob", "arrayBuffer"));
    for expected in [&b"0123"[..], b"4567", b"89"] {
        assert_eq!(chunks.next_chunk().await, Ok(Some(Bytes::from_static(expected))));
    }
    assert_eq!(chunks.next_chunk().await, Ok(None));
    assert_eq!((streams.count(), slices.count()), (1, 0));
}

#[wasm_bindgen_test]
async fn a_file_that_cannot_be_read_any_more_says_so_with_its_name_and_place() {
    let file = file(b"0123456789");
    let body = "return () => Promise.reject(new DOMException('the file was changed', 'NotReadableError'))";
    let fault = (Replaced::with("Blob", "arrayBuffer", body), without_streams());
    let slice = file.read_at(4, 2).await;
    let chunk = file.chunks(3).next_chunk().await;
    drop(fault);
    for (error, position) in [(slice.unwrap_err(), 4), (chunk.unwrap_err(), 0)] {
        let text = error.to_string();
        assert_eq!(error.position_bytes, position);
        assert!(text.contains("digits.log") && text.contains("the file was changed"), "{text}");
    }
}

#[wasm_bindgen_test]
async fn a_file_that_got_shorter_is_an_error_not_an_end() {
    let mut chunks = file(b"0123456789").chunks(4);
    let body = "return async function () { return (await original.call(this)).slice(0, 3); }";
    let fault = (Replaced::with("Blob", "arrayBuffer", body), without_streams());
    let chunk = chunks.next_chunk().await;
    drop(fault);
    let text = chunk.unwrap_err().to_string();
    assert!(text.contains("3 bytes") && text.contains('4'), "{text}");
}

#[wasm_bindgen_test]
async fn a_blob_can_be_read_under_a_given_name() {
    let parts = Array::of1(&buffer(b"abc"));
    let blob = Blob::new_with_buffer_source_sequence(&parts).unwrap();
    let file = BlobFile::named("orders-0/00000000000000000000.log", blob);
    assert_eq!(file.name(), "orders-0/00000000000000000000.log");
    assert_eq!(file.read_at(1, 9).await, Ok(Bytes::from_static(b"bc")));
}

#[wasm_bindgen_test]
async fn a_word_reaches_the_other_tabs_and_not_the_one_that_says_it() {
    let name = fresh_name();
    let (to_left, mut left_hears) = mpsc::unbounded();
    let (to_right, mut right_hears) = mpsc::unbounded();
    let left = Tabs::join(&name, move |bytes| to_left.unbounded_send(bytes).unwrap()).unwrap();
    let right = Tabs::join(&name, move |bytes| to_right.unbounded_send(bytes).unwrap()).unwrap();
    let stranger = Tabs::join(&fresh_name(), |bytes| panic!("{bytes:?}")).unwrap();
    left.post(b"from left").unwrap();
    right.post(&[]).unwrap();
    assert_eq!(right_hears.next().await, Some(b"from left".to_vec()));
    assert_eq!(left_hears.next().await, Some(vec![]));
    stranger.post(b"elsewhere").unwrap();
    let uncaught = Uncaught::watch();
    drop(right);
    left.post(b"nobody there").unwrap();
    assert_eq!(right_hears.next().await, None, "who left hears nothing");
    let later = Tabs::join(&name, |_| {}).unwrap();
    later.post(b"from later").unwrap();
    assert_eq!(left_hears.next().await, Some(b"from later".to_vec()));
    assert_eq!(uncaught.count(), 0, "who left is not called any more");
    assert!(left_hears.try_recv().is_err(), "nothing more came");
}

#[wasm_bindgen_test]
fn the_clock_is_the_browsers() {
    let before = js_sys::Date::now();
    #[allow(clippy::cast_precision_loss, reason = "a time of day fits")]
    let now = BrowserEnv.now().millis() as f64;
    assert!(before <= now && now <= js_sys::Date::now());
}

#[wasm_bindgen_test]
fn chance_does_not_repeat_itself() {
    let drawn: HashSet<u64> = (0..1_000).map(|_| BrowserEnv.random()).collect();
    assert_eq!(drawn.len(), 1_000);
    let (ones, zeros) = drawn.iter().fold((0, u64::MAX), |(or, and), bits| (or | bits, and & bits));
    assert_eq!((ones, zeros), (u64::MAX, 0), "every bit takes both values");
    let fault = Replaced::with("Crypto", "getRandomValues", "return () => { throw new Error('acted out') }");
    assert_ne!(BrowserEnv.random(), BrowserEnv.random());
    drop(fault);
}

#[wasm_bindgen_test]
async fn a_file_that_is_gone_through_in_order_comes_in_one_stream_from_each_place() {
    // Larger than the buffer that it comes through, and than what the browser hands over at once.
    let bytes: Vec<u8> = (0..3_500_000_u32).map(|at| at.wrapping_mul(0x9E37_79B9).to_be_bytes()[1]).collect();
    let file = file(&bytes);
    let (streams, slices) = (Replaced::watched("Blob", "stream"), Replaced::watched("Blob", "arrayBuffer"));
    let (mut one, mut other) = (0_usize, 1_000_000_usize);
    while one < bytes.len() {
        for (at, bytes_len) in [(&mut one, 300_001), (&mut other, 1_200_000)] {
            if *at == bytes.len() {
                continue;
            }
            let end = at.saturating_add(bytes_len).min(bytes.len());
            file.read_on(u64::try_from(*at).unwrap());
            let got = file.read_at(u64::try_from(*at).unwrap(), bytes_len).await.unwrap();
            assert!(got == bytes[*at..end], "{bytes_len} bytes at {at}");
            *at = end;
        }
    }
    assert_eq!(slices.count(), 0, "nothing is read twice or by the slice");
    assert_eq!(streams.count(), 2);
    file.read_on(0);
    file.rest();
    assert!(file.read_at(0, 4).await.unwrap() == bytes[..4]);
    assert_eq!((streams.count(), slices.count()), (3, 1), "what is at rest is read by the slice");
}

#[wasm_bindgen_test]
async fn what_failed_on_its_way_is_read_anew_when_it_is_asked_for() {
    // Whoever tried again once the file was back met the failures of before.
    let file = file(b"0123456789");
    let body = "return () => new ReadableStream({ type: 'bytes', pull() { throw new Error('away'); } })";
    let away = Replaced::with("Blob", "stream", body);
    file.read_on(0);
    file.read_on(4);
    assert_eq!(file.read_at(0, 4).await.unwrap(), "0123");
    let gone = Replaced::with("Blob", "arrayBuffer", "return () => Promise.reject(new Error('gone'))");
    assert!(file.read_at(4, 4).await.unwrap_err().to_string().contains("gone"));
    drop((away, gone));
    assert_eq!(file.read_at(4, 4).await.unwrap(), "4567");
}

#[wasm_bindgen_test]
async fn a_browser_that_streams_no_files_into_a_buffer_reads_slices() {
    let file = file(b"0123456789");
    let _old = without_streams();
    file.read_on(2);
    assert_eq!(file.read_at(2, 4).await.unwrap(), "2345");
}

#[wasm_bindgen_test]
async fn what_was_copied_out_of_a_buffer_leaves_none_behind() {
    let body = "return async function () { return (globalThis.handedOver = await original.call(this)); }";
    let kept = Replaced::with("Blob", "arrayBuffer", body);
    assert_eq!(file(b"0123456789").read_at(2, 3).await.unwrap(), "234");
    let buffer = js_sys::Reflect::get(&js_sys::global(), &"handedOver".into()).unwrap();
    assert_eq!(buffer.unchecked_into::<js_sys::ArrayBuffer>().byte_length(), 0, "it waits for the collector");
    drop(kept);
}
