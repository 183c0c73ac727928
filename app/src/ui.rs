//! The design system: what any page may use. Nothing here knows what a topic is. A style sheet of the same name lies beside each.

pub mod banner;
pub mod button;
pub mod code_view;
pub mod copy;
pub mod dialog;
pub mod empty;
pub mod field;
pub mod focus;
pub mod frame_allowance;
pub mod icon;
pub mod later;
pub mod menu;
pub mod painted_row;
pub mod popover;
pub mod problem;
pub mod progress;
pub mod resize;
pub mod row_pool;
pub mod rows;
pub mod segmented;
pub mod tabs;
pub mod text_area;
pub mod timeline;
pub mod toast;
pub mod virtual_grid;
pub mod virtual_list;
