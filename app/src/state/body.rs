//! The lines of one key, value or header, fetched as they are looked at.

use std::ops::Range;
use std::time::Duration;

use leptos::prelude::*;

use super::engine::Engine;
use crate::engine::protocol::{Form, Line, Part, RecordRef, Reply, Request, SpanKind};
use crate::model::code_line::CodeLine;
use crate::model::window_cache::{PAGE_ROWS, PageRequest, WindowCache};

/// How soon to look again while the engine is still counting lines.
const AGAIN: Duration = Duration::from_millis(150);

/// One key or value in one form; lives as long as the component that opened it.
#[derive(Clone, Copy)]
pub struct Body {
    engine: Engine,
    record: StoredValue<RecordRef>,
    part: Part,
    form: Form,
    lines_total: RwSignal<u64>,
    problem: RwSignal<Option<String>>,
    cache: StoredValue<WindowCache<CodeLine>>,
    version: RwSignal<u32>,
    /// The first page of those whose lines are still being counted, while a look at it is due.
    due: StoredValue<Option<u64>>,
}

impl Body {
    /// Opens a key or value and asks for its first lines.
    pub fn open(record: RecordRef, part: Part, form: Form) -> Self {
        let body = Self {
            engine: Engine::get(),
            record: StoredValue::new(record),
            part,
            form,
            lines_total: RwSignal::new(0),
            problem: RwSignal::new(None),
            cache: StoredValue::new(WindowCache::default()),
            version: RwSignal::new(0),
            due: StoredValue::new(None),
        };
        body.want(0..1);
        body
    }

    /// Returns how many lines there are, as far as known; tracked.
    pub fn lines_total(self) -> u64 {
        self.lines_total.get()
    }

    /// Returns why there are no lines in this form; tracked.
    pub fn problem(self) -> Option<String> {
        self.problem.get()
    }

    /// Returns a line that is at hand; tracked.
    pub fn line(self, line: u64) -> Option<CodeLine> {
        self.version.track();
        self.cache.with_value(|cache| cache.get(line).cloned())
    }

    /// Asks for lines that are not at hand.
    pub fn want(self, lines: Range<u64>) {
        let requests = self.cache.try_update_value(|cache| cache.want(lines)).unwrap_or_default();
        for request in requests {
            self.fetch(request);
        }
    }

    fn fetch(self, request: PageRequest) {
        let Some(record) = self.record.try_get_value() else { return };
        let lines = Request::Lines {
            record,
            part: self.part,
            form: self.form,
            first_line: request.page * PAGE_ROWS,
            count: u32::try_from(PAGE_ROWS).unwrap_or(u32::MAX),
        };
        leptos::task::spawn_local(async move {
            let reply = self.engine.request(lines).await;
            let is_here = self.cache.try_update_value(|cache| match &reply {
                Ok(Reply::Lines(lines)) => {
                    cache.insert(request, lines.lines.iter().map(code_line).collect());
                }
                Ok(_) | Err(_) => cache.fail(request),
            });
            if is_here.is_none() {
                return;
            }
            match reply {
                Ok(Reply::Lines(lines)) => {
                    self.problem.set(lines.problem);
                    self.lines_total.set(lines.lines_total);
                    if !lines.is_complete {
                        self.look_again_at(request.page);
                    }
                }
                Ok(other) => {
                    leptos::logging::error!("lines were asked for, and the engine answered {other:?}")
                }
                Err(failure) => self.problem.set(Some(failure.sentence)),
            }
            self.version.update(|version| *version = version.wrapping_add(1));
        });
    }

    /// Looks again soon, once for all pages that are not whole.
    fn look_again_at(self, page: u64) {
        let due = self.due.get_value();
        self.due.set_value(Some(due.map_or(page, |due| due.min(page))));
        if due.is_none() {
            set_timeout(move || self.look_again(), AGAIN);
        }
    }

    fn look_again(self) {
        let Some(Some(page)) = self.due.try_update_value(Option::take) else { return };
        let first = page * PAGE_ROWS;
        if self.cache.try_update_value(|cache| cache.change_from(first)).is_some() {
            self.want(first..first + 1);
        }
    }
}

fn code_line(line: &Line) -> CodeLine {
    CodeLine {
        depth: line.depth,
        pieces: line.spans.iter().map(|span| (class(span.kind), span.text.clone())).collect(),
        fold_to: line.fold_to,
    }
}

const fn class(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Punctuation => "code-punctuation",
        SpanKind::Key => "code-key",
        SpanKind::String => "code-string",
        SpanKind::Number => "code-number",
        SpanKind::Bool => "code-bool",
        SpanKind::Null => "code-null",
        SpanKind::Text => "code-text",
        SpanKind::Address => "code-address",
    }
}
