//! The pages: one file or folder per route, and the dialogs that any of them opens. No page talks to the browser itself.

pub mod about;
pub mod delete_topic;
pub mod dialogs;
pub mod export;
pub mod file;
pub mod health;
pub mod help;
pub mod home;
pub mod import;
pub mod new_topic;
pub mod open_files;
pub mod screen;
pub mod sidebar;
pub mod switcher;
pub mod top_bar;
pub mod topic;
pub mod topics;
pub mod verify;
pub mod work_view;
