//! The sample that is being opened. It goes on wherever one is on the page meanwhile, and drags nobody back who went elsewhere.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::engine::Engine;
use super::route::{Look, Route, Router, Tab};
use super::toast::Toasts;
use super::work::Work;
use crate::engine::protocol::{
    Failure, FileFormat, ImportFrom, ImportReport, ImportRequest, OnError, Partitioning, Reply, Request,
    Speed, TopicSummary,
};
use crate::model::samples::{Found, Sample, SampleFile};

/// The context.
#[derive(Clone, Copy)]
pub struct Samples {
    engine: Engine,
    opening: RwSignal<Option<String>>,
    problem: RwSignal<Option<String>>,
    work: Work<ImportReport>,
}

impl Samples {
    /// Starts with none being opened.
    pub fn provide() {
        provide_context(Self {
            engine: Engine::get(),
            opening: RwSignal::new(None),
            problem: RwSignal::new(None),
            work: Work::new(),
        });
    }

    /// Returns the samples of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns the title of the sample that is being opened; tracked.
    pub fn opening(self) -> Option<String> {
        self.opening.get()
    }

    /// Returns why the last one was not opened; tracked.
    pub fn problem(self) -> Option<String> {
        self.problem.get()
    }

    /// Returns the import of one of its files.
    pub fn work(self) -> Work<ImportReport> {
        self.work
    }

    /// Imports what is not there yet, and opens the replay of the sample's first topic, paused at its most interesting minute.
    pub fn open(self, sample: Sample) {
        if self.opening.with_untracked(Option::is_some) {
            return;
        }
        let (router, toasts) = (Router::get(), Toasts::get());
        let begun_at = router.route_untracked();
        self.opening.set(Some(sample.title.clone()));
        self.problem.set(None);
        spawn_local(async move {
            let outcome = self.bring_in(&sample).await;
            self.opening.set(None);
            self.work.reset();
            let is_still_there = router.route_untracked() == begun_at;
            match outcome {
                Ok(()) if is_still_there => {
                    if let Some(file) = sample.files.first() {
                        router.navigate(place(file));
                    }
                }
                Ok(()) => toasts.info(format!("{} is ready: its topics are in the list", sample.title)),
                Err(sentence) => {
                    if !is_still_there {
                        toasts.error(format!("{}: {sentence}", sample.title));
                    }
                    self.problem.set(Some(sentence));
                }
            }
        });
    }

    async fn bring_in(self, sample: &Sample) -> Result<(), String> {
        let topics = self.topics().await?;
        for file in &sample.files {
            // A topic of that name is the sample from an earlier visit, or the person's own: neither is to be written to.
            let there = topics.iter().find(|topic| topic.name == file.topic);
            match file.found(there.map(|topic| topic.records)) {
                Found::Whole => {}
                Found::Part(sentence) => return Err(sentence),
                Found::Nothing => self.import(file).await?,
            }
        }
        Ok(())
    }

    /// Asks anew: the page may not know the topics yet, or not those of another tab.
    async fn topics(self) -> Result<Vec<TopicSummary>, String> {
        match self.engine.request(Request::ListTopics).await {
            Ok(Reply::Topics(topics)) => Ok(topics),
            Ok(other) => Err(format!("The engine was asked for the topics and answered {other:?}")),
            Err(failure) => Err(failure.sentence),
        }
    }

    /// Makes the topic and fills it. It is there whole or not at all: a part would look like the sample ever after.
    async fn import(self, file: &SampleFile) -> Result<(), String> {
        let make = Request::CreateTopic {
            name: file.topic.clone(),
            partitions: file.partitions,
            configs: Vec::new(),
        };
        self.engine.request(make).await.map_err(|failure| failure.sentence)?;
        let outcome = self.work.run(Request::Import(request(file)), &[], read).await;
        let sentence = match outcome {
            Ok(ImportReport { stopped: None, .. }) => return Ok(()),
            Ok(ImportReport { stopped: Some(stopped), .. }) => stopped,
            Err(failure) => failure.sentence,
        };
        let undo = Request::DeleteTopic { name: file.topic.clone() };
        Err(match self.engine.request(undo).await {
            Ok(_) => format!("{sentence}. The topic {} is taken away again", file.topic),
            Err(failure) => format!("{sentence}. A part of {} stays: {failure}", file.topic),
        })
    }
}

fn request(file: &SampleFile) -> ImportRequest {
    ImportRequest {
        from: ImportFrom::Sample(file.address()),
        format: Some(FileFormat::JsonLines),
        topic: file.topic.clone(),
        partitions: file.partitions,
        partitioning: Partitioning::Same,
        key_field: None,
        timestamp_field: None,
        on_error: OnError::Stop,
    }
}

async fn read(reply: Reply, _: Vec<web_sys::Blob>) -> Option<Result<ImportReport, Failure>> {
    match reply {
        Reply::Imported(report) => Some(Ok(report)),
        _ => None,
    }
}

fn place(file: &SampleFile) -> Route {
    let look =
        Look { at: Some(file.replay_start_ms), speed: Some(Speed::Times(file.speed)), ..Look::default() };
    Route::Topic { name: file.topic.clone(), tab: Tab::Replay, look }
}
