//! What a user relies on, asked of `Behaviour::plan` alone. Not here: the tests of single parts,
//! which stand beside them.

mod agents;
mod calls;
mod chat;
mod completions;
mod desk;
mod embeddings;
mod limits;
mod offered;
mod passages;
mod prompted;
mod reasoning;
mod requests;
mod schemas;
mod verdicts;
