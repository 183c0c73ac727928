//! The record that is looked at. The address alone says which; opening one, going along with the focus and closing are the same
//! over every grid, and so is how grid and details stand side by side.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::details::{Details, Shown};
use super::messages::cells::{columns, face};
use crate::engine::protocol::{RecordRef, RowView, SourceRef};
use crate::state::media::Media;
use crate::state::route::{Route, Router, Tab};
use crate::state::view::RecordView;
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::button::Button;
use crate::ui::virtual_grid::VirtualGrid;
use crate::ui::virtual_list::VirtualList;

/// What is looked at in one grid.
#[derive(Clone, Copy)]
pub struct Selection {
    records: RecordView,
    list: VirtualList,
    router: Router,
    /// Partition and offset that the address names.
    named: Memo<Option<(i32, i64)>>,
    /// The record whose details are open.
    record: Memo<Option<RecordRef>>,
    /// Where it stands while it is in view: late records move it.
    row: Memo<Option<u64>>,
    /// What of a record is shown, the same from record to record.
    shown: Shown,
    /// The record that was opened in this grid: nobody needs to be taken there.
    opened: StoredValue<Option<(i32, i64)>>,
    /// Counts what was opened: an answer that comes late must not open an older one.
    newest: StoredValue<u64>,
}

impl Selection {
    /// Follows what the address says of a source.
    pub fn new(source: SourceRef, records: RecordView, list: VirtualList) -> Self {
        let router = Router::get();
        let look = router.look();
        let named = Memo::new(move |_| look.with(|look| look.record));
        let record = Memo::new(move |_| {
            // The publish drawer lies where the details would.
            if matches!(router.route(), Route::Topic { tab: Tab::Publish, .. }) {
                return None;
            }
            let (partition, offset) = named.get()?;
            Some(RecordRef { source: source.clone(), partition, offset })
        });
        let row = Memo::new(move |_| records.row_of(list.visible(), named.get()?));
        Self {
            records,
            list,
            router,
            named,
            record,
            row,
            shown: Shown::default(),
            opened: StoredValue::new(None),
            newest: StoredValue::new(0),
        }
    }

    /// Returns the record that the address names, unless it was opened right here; tracked.
    pub fn to_find(self) -> Option<(i32, i64)> {
        self.named.get().filter(|named| self.opened.get_value() != Some(*named))
    }

    /// Tells whether the address names a record; untracked.
    pub fn is_named_untracked(self) -> bool {
        self.named.with_untracked(Option::is_some)
    }

    /// Opens the details of a row, as soon as it is known which record that is.
    pub fn open(self, row: u64) {
        let ticket = self.next_ticket();
        match self.records.row_untracked(row) {
            Some(record) => self.show(&record),
            None => self.records.fetch_one(row, move |record| {
                if self.newest.try_get_value() == Some(ticket) {
                    self.show(&record);
                }
            }),
        }
    }

    /// Lets open details go along with the focus.
    pub fn move_along(self, row: u64) {
        if self.record.with_untracked(Option::is_some) {
            self.open(row);
        }
    }

    /// Closes the details; the keyboard is back in the grid.
    pub fn close(self) {
        self.next_ticket();
        self.opened.set_value(None);
        self.router.replace_look(|look| look.record = None);
        // What the details covered takes no focus until they are gone.
        request_animation_frame(move || self.list.take_focus());
    }

    /// Closes the details by Esc. Returns whether it did.
    pub fn on_key(self, event: &KeyboardEvent) -> bool {
        let closes = event.key() == "Escape" && self.record.with_untracked(Option::is_some);
        if closes {
            self.close();
        }
        closes
    }

    fn show(self, record: &RowView) {
        let place = (record.partition, record.offset);
        self.opened.set_value(Some(place));
        self.router.replace_look(|look| look.record = Some(place));
    }

    fn next_ticket(self) -> u64 {
        let ticket = self.newest.get_value().wrapping_add(1);
        self.newest.set_value(ticket);
        ticket
    }
}

/// Draws a grid of records with the details of one beside it, and over both what could not be read.
#[component]
pub fn RecordGrid(
    /// What the grid is called.
    label: &'static str,
    /// What is looked at.
    selection: Selection,
    /// What is special about a row besides what its record says, for the style sheets; tracked.
    #[prop(optional)]
    kind: Option<Callback<u64, Option<&'static str>>>,
    /// What lies over the grid.
    children: Children,
) -> impl IntoView {
    let media = Media::get();
    let Selection { records, list, record, row, shown, .. } = selection;
    let on_close = Callback::new(move |()| selection.close());
    let on_key = Callback::new(move |event: KeyboardEvent| selection.on_key(&event));
    let look = Router::get().look();
    let added = Memo::new(move |_| look.with(|look| look.columns.clone()));
    let face_of = move |row: u64| {
        let mut face = added.with(|added| records.with_row(row, |row| face(row, added)));
        face.kind = kind.and_then(|kind| kind.run(row)).or(face.kind);
        face
    };
    view! {
        <Failures records />
        <div class="messages__main" class:has-details=move || record.with(Option::is_some)>
            // On a narrow screen the details lie over it.
            <div class="messages__grid" inert=move || media.is_narrow() && record.with(Option::is_some)>
                <VirtualGrid
                    list
                    label
                    columns=Signal::derive(move || added.with(|added| columns(added)))
                    face=Callback::new(face_of)
                    selected=row
                    on_open=Callback::new(move |row| selection.open(row))
                    on_move=Callback::new(move |row| selection.move_along(row))
                    on_key
                />
                {children()}
            </div>
            {move || record.get().map(|record| view! { <Details record shown on_close on_key /> })}
        </div>
    }
}

/// Says why there are no rows, or none of some, and what to do about it.
#[component]
fn Failures(records: RecordView) -> impl IntoView {
    let router = Router::get();
    let look = router.look();
    let show_all = Callback::new(move |()| router.replace_look(|look| look.partitions = None));
    let gone = move || {
        records.failure().map(|failure| {
            let text = failure.sentence;
            if look.with(|look| look.partitions.is_none()) {
                return view! { <Banner kind=BannerKind::Danger text /> }.into_any();
            }
            view! {
                <Banner kind=BannerKind::Danger text>
                    <Button on_click=show_all>"Show all partitions"</Button>
                </Banner>
            }
            .into_any()
        })
    };
    let unread = move || {
        records.rows_failure().map(|failure| {
            view! {
                <Banner kind=BannerKind::Danger text=failure.sentence>
                    <Button on_click=Callback::new(move |()| records.try_again())>"Try again"</Button>
                </Banner>
            }
        })
    };
    view! {
        {gone}
        {unread}
    }
}
