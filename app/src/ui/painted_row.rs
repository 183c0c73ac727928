//! A row of a grid as elements, which are made once and then say something else. The grid's rows change by the hundred while one
//! scrolls: here the document is told of each text that is another one, and of nothing else.

use leptos::tachys::renderer::Rndr;
use leptos::tachys::renderer::types::{Element, Node, Text};
use leptos::tachys::view::Mountable;

use crate::model::row_face::{CellFace, Part, RowFace, Voice};

/// The classes of a row that is not painted yet.
const WAITING: &str = "grid-row is-waiting";

/// Where a row stands in its grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowPlace {
    /// Its number as ARIA counts.
    pub index: u64,
    /// Whether the keyboard's focus is on it.
    pub is_focused: bool,
    /// Whether it stands out.
    pub is_selected: bool,
}

/// A row's elements and what they say.
pub struct PaintedRow {
    element: Element,
    place: Option<RowPlace>,
    face: RowFace,
    cells: Vec<PaintedCell>,
}

struct PaintedCell {
    element: Element,
    parts: Vec<PaintedPart>,
}

struct PaintedPart {
    element: Element,
    text: Text,
}

impl PaintedRow {
    /// Makes a row that says nothing yet.
    pub fn blank() -> Self {
        let element = Rndr::create_element("div", None);
        Rndr::set_attribute(&element, "role", "row");
        Rndr::set_attribute(&element, "class", WAITING);
        Self { element, place: None, face: RowFace::default(), cells: Vec::new() }
    }

    /// Tells whether the elements say this already.
    pub fn says(&self, place: RowPlace, face: &RowFace) -> bool {
        self.place == Some(place) && self.face == *face
    }

    /// Stays as it is until it is painted. What it says of another row is not seen meanwhile.
    pub fn wait(&mut self, place: RowPlace) {
        if self.place.is_some_and(|last| last.index != place.index) {
            Rndr::set_attribute(&self.element, "class", WAITING);
            Rndr::remove_attribute(&self.element, "aria-rowindex");
            self.place = None;
        }
    }

    /// Brings the elements up to date. `id` names the row for the grid's `aria-activedescendant`.
    pub fn paint(&mut self, place: RowPlace, face: RowFace, id: impl FnOnce() -> String) {
        if self.place != Some(place) {
            self.paint_place(place, id);
        }
        if self.face.kind != face.kind {
            set_or_remove(&self.element, "data-kind", face.kind);
        }
        for cell in self.cells.drain(self.cells.len().min(face.cells.len())..) {
            Rndr::remove(&cell.element);
        }
        for (at, next) in face.cells.iter().enumerate() {
            match (self.cells.get_mut(at), self.face.cells.get(at)) {
                (Some(cell), Some(last)) => cell.paint(last, next),
                _ => self.cells.push(PaintedCell::new(&self.element, next)),
            }
        }
        self.face = face;
    }

    fn paint_place(&mut self, place: RowPlace, id: impl FnOnce() -> String) {
        let RowPlace { index, is_focused, is_selected } = place;
        let last = self.place.replace(place);
        if last.map(|last| last.index) != Some(index) {
            Rndr::set_attribute(&self.element, "aria-rowindex", &index.to_string());
        }
        if last.map(|last| last.is_selected) != Some(is_selected) {
            Rndr::set_attribute(&self.element, "aria-selected", if is_selected { "true" } else { "false" });
        }
        // Only the focused row is spoken of by its name.
        if is_focused || last.is_none_or(|last| last.is_focused) {
            set_or_remove(&self.element, "id", is_focused.then(id).as_deref());
        }
        let class_of = |is_focused, is_selected| match (is_focused, is_selected) {
            (false, false) => "grid-row",
            (true, false) => "grid-row is-focused",
            (false, true) => "grid-row is-selected",
            (true, true) => "grid-row is-focused is-selected",
        };
        let class = class_of(is_focused, is_selected);
        if last.map(|last| class_of(last.is_focused, last.is_selected)) != Some(class) {
            Rndr::set_attribute(&self.element, "class", class);
        }
    }
}

impl PaintedCell {
    fn new(row: &Element, face: &CellFace) -> Self {
        let element = Rndr::create_element("div", None);
        Rndr::set_attribute(&element, "role", "gridcell");
        Rndr::set_attribute(&element, "class", face.class);
        let parts = face.parts.iter().map(|part| PaintedPart::new(&element, part, None)).collect();
        Rndr::insert_node(row, &element, None);
        Self { element, parts }
    }

    fn paint(&mut self, last: &CellFace, next: &CellFace) {
        if last.class != next.class {
            Rndr::set_attribute(&self.element, "class", next.class);
        }
        for part in self.parts.drain(self.parts.len().min(next.parts.len())..) {
            Rndr::remove(&part.element);
        }
        for (at, next) in next.parts.iter().enumerate() {
            match (self.parts.get_mut(at), last.parts.get(at)) {
                (Some(part), Some(last)) if last.voice == next.voice => part.paint(last, next),
                (Some(part), _) => {
                    let other = PaintedPart::new(&self.element, next, Some(&part.element));
                    Rndr::remove(&part.element);
                    *part = other;
                }
                (None, _) => self.parts.push(PaintedPart::new(&self.element, next, None)),
            }
        }
    }
}

impl PaintedPart {
    fn new(cell: &Element, part: &Part, before: Option<&Node>) -> Self {
        let tag = match part.voice {
            Voice::Theirs => "bdi",
            Voice::Ours => "span",
        };
        let element = Rndr::create_element(tag, None);
        Rndr::set_attribute(&element, "class", part.class);
        set_colour(&element, part.colour);
        let text = Rndr::create_text_node(&part.text);
        Rndr::insert_node(&element, &text, None);
        Rndr::insert_node(cell, &element, before);
        Self { element, text }
    }

    fn paint(&self, last: &Part, next: &Part) {
        if last.text != next.text {
            Rndr::set_text(&self.text, &next.text);
        }
        if last.class != next.class {
            Rndr::set_attribute(&self.element, "class", next.class);
        }
        if last.colour != next.colour {
            set_colour(&self.element, next.colour);
        }
    }
}

fn set_colour(element: &Element, colour: Option<u8>) {
    set_or_remove(element, "data-colour", colour.map(|colour| colour.to_string()).as_deref());
}

fn set_or_remove(element: &Element, name: &str, value: Option<&str>) {
    match value {
        Some(value) => Rndr::set_attribute(element, name, value),
        None => Rndr::remove_attribute(element, name),
    }
}

impl Mountable for PaintedRow {
    fn unmount(&mut self) {
        self.element.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.element.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.element.insert_before_this(child)
    }

    fn elements(&self) -> Vec<Element> {
        vec![self.element.clone()]
    }
}
