//! Each partition: its bounds, its size, its last time.

use leptos::prelude::*;

use super::Described;
use crate::engine::protocol::PartitionSummary;
use crate::model::clock::date_time;
use crate::model::format::{bytes, grouped};

/// Draws the table.
#[component]
pub fn Partitions(described: Described) -> impl IntoView {
    let partitions = described.part(|details| details.partitions.clone());
    let count = described.part(|details| details.partitions.len());
    let cell = move |index: usize, read: fn(&PartitionSummary) -> String| {
        move || partitions.with(|all| all.get(index).map(read))
    };
    let row = move |index: usize| {
        view! {
            <tr>
                <th scope="row" class="number">{cell(index, |it| grouped(it.partition))}</th>
                <td class="number mono">{cell(index, |it| grouped(it.log_start_offset))}</td>
                <td class="number mono">{cell(index, |it| grouped(it.high_watermark))}</td>
                <td class="number">{cell(index, |it| grouped(it.records))}</td>
                <td class="number">{cell(index, |it| bytes(it.bytes))}</td>
                <td class="number">
                    {cell(index, |it| it.last_timestamp.map_or_else(|| "–".to_owned(), date_time))}
                </td>
            </tr>
        }
    };
    view! {
        <div class="settings__table">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col" class="number">"Partition"</th>
                        <th scope="col" class="number">"Log start offset"</th>
                        <th scope="col" class="number">"High watermark"</th>
                        <th scope="col" class="number">"Records"</th>
                        <th scope="col" class="number">"Bytes"</th>
                        <th scope="col" class="number">"Last record"</th>
                    </tr>
                </thead>
                <tbody>{move || (0..count.get()).map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}
