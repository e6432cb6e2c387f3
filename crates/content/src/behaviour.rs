//! The door of the room: work in, plan out. Pure and synchronous. Not here: how any one kind of
//! work is planned.

use std::sync::Arc;

use fakeai_canon::{
    ApiError, Generate, Generation, NoSources, Plan, Prompt, Rank, Ranked, Seed, Sources, Usage,
    Vocabulary, Work,
};
use fakeai_catalog::Model;

use crate::embedding::SentenceModel;
use crate::moderation::screening;
use crate::{
    Config, chat, completion, embedding, made, moderation, prompt, summary, tools, transcript,
};

/// What is said, for all kinds of work.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    config: Config,
    sentences: Option<Arc<SentenceModel>>,
}

impl Behaviour {
    /// A behaviour with these settings.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            sentences: None,
        }
    }

    /// The same with embeddings by a model of sentences.
    #[must_use]
    pub fn with_sentences(mut self, sentences: Option<Arc<SentenceModel>>) -> Self {
        self.sentences = sentences;
        self
    }

    /// Whether vectors are calculated by a model: that takes so long that nobody should wait beside
    /// it.
    pub fn calculates(&self) -> bool {
        self.sentences.is_some()
    }

    /// The prompts of a piece of work as the model sees them: one for a chat, one a raw prompt,
    /// one an input of an embedding or a moderation.
    ///
    /// # Errors
    /// Media that can't be read, as the provider words it.
    pub fn prompt(&self, work: &Work, model: &Model) -> Result<Vec<Prompt>, ApiError> {
        prompt::of(work, model, self.config.mode)
    }

    /// Plans the whole answer. `seed` follows from the world's seed and the work; `prompts` are
    /// those of [`Behaviour::prompt`].
    ///
    /// # Errors
    /// A schema or grammar that the provider would refuse, and forced tools that nothing serves.
    pub fn plan(
        &self,
        work: &Work,
        prompts: &[Prompt],
        model: &Model,
        seed: Seed,
    ) -> Result<Plan, ApiError> {
        self.plan_from(work, prompts, model, seed, &NoSources)
    }

    /// The same for an answer that may search these documents.
    ///
    /// # Errors
    /// Those of [`Behaviour::plan`], and those of the search.
    pub fn plan_from(
        &self,
        work: &Work,
        prompts: &[Prompt],
        model: &Model,
        seed: Seed,
        sources: &dyn Sources,
    ) -> Result<Plan, ApiError> {
        match work {
            Work::Generate(generate) if generate.screened => {
                let found = screening::prompts(generate, vocabulary_of(model))?;
                let mut generation = self.generation(generate, prompts, model, seed, sources)?;
                screening::answers(&mut generation, found);
                Ok(Plan::Generation(generation))
            }
            Work::Generate(generate) => {
                let generation = self.generation(generate, prompts, model, seed, sources);
                generation.map(Plan::Generation)
            }
            Work::Count(_) => Ok(Plan::Count(prompt_usage(prompts))),
            Work::Compact(generate) => Ok(Plan::Generation(summary::plan(generate, model, seed))),
            Work::Embed(embed) => {
                let vectors = match &self.sentences {
                    Some(sentences) => embedding::modelled(embed, model, sentences),
                    None => embedding::vectors(embed, model),
                };
                Ok(Plan::Vectors {
                    vectors,
                    usage: prompt_usage(prompts),
                })
            }
            Work::Rank(rank) => Ok(Plan::Ranking {
                ranked: ranked(rank, prompts, model, sources),
                usage: prompt_usage(prompts),
            }),
            Work::Draw(draw) => made::drawn(draw, prompt_usage(prompts).prompt, seed),
            Work::Speak(speak) => Ok(made::spoken(speak, prompt_usage(prompts).prompt, seed)),
            Work::Transcribe(work) => Ok(Plan::Generation(transcript::plan(work, model, seed))),
            Work::Moderate(moderate) => {
                let verdicts = moderation::verdicts(moderate);
                Ok(Plan::Verdicts {
                    verdicts,
                    usage: prompt_usage(prompts),
                })
            }
        }
    }
}

impl Behaviour {
    fn generation(
        &self,
        work: &Generate,
        prompts: &[Prompt],
        model: &Model,
        seed: Seed,
        sources: &dyn Sources,
    ) -> Result<Generation, ApiError> {
        if chat::is_chat(work) {
            let turn = chat::Turn::new(work, prompts, model, &self.config, sources)?;
            turn.plan(seed)
        } else {
            completion::plan(work, prompts, model, &self.config, seed)
        }
    }

    /// Unit vectors by which passages of documents are found: those of the model of sentences where
    /// there is one, else of 256 numbers each, as many as the provider's vector stores use. Texts
    /// that mean the same are near.
    pub fn passage_vectors(&self, texts: &[&str]) -> Vec<Vec<f32>> {
        match &self.sentences {
            Some(sentences) => texts.iter().map(|text| sentences.vector(text)).collect(),
            None => embedding::passages(texts),
        }
    }

    /// Whether what is asked is about a skill, so that its instructions are read.
    pub fn is_for_skill(&self, asked: &str, name: &str, description: &str) -> bool {
        tools::skill::is_for(asked, name, description)
    }

    /// What a question asks to be searched for, without what is said to be polite.
    pub fn search_query(&self, question: &str) -> String {
        tools::search_query(question)
    }
}

/// Ranks what is read of the passages: a prompt is the query's tokens and then a passage's.
fn ranked(work: &Rank, prompts: &[Prompt], model: &Model, sources: &dyn Sources) -> Vec<Ranked> {
    let vocabulary = vocabulary_of(model);
    let query = vocabulary.count(&work.query);
    let read = |prompt: &Prompt| {
        let ids = prompt.ids.get(query..).unwrap_or_default();
        let bytes: Vec<u8> = ids
            .iter()
            .flat_map(|id| vocabulary.piece(*id))
            .copied()
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let texts: Vec<String> = prompts.iter().map(read).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    sources.rank(&work.query, &texts)
}

fn prompt_usage(prompts: &[Prompt]) -> Usage {
    let sum = |part: fn(&Prompt) -> u64| prompts.iter().map(part).sum();
    Usage {
        prompt: sum(|prompt| prompt.len() as u64),
        prompt_image: sum(|prompt| u64::from(prompt.image)),
        prompt_audio: sum(|prompt| u64::from(prompt.audio)),
        ..Usage::default()
    }
}

/// The vocabulary that stands for a model's own: the one that its prompts are counted in.
pub(crate) fn vocabulary_of(model: &Model) -> &'static dyn Vocabulary {
    fakeai_tokens::vocabulary_for(&model.id)
}
