//! Real embeddings of sentences: a small BERT encoder (Devlin and others, 2019) with the mean of its
//! last layer (Reimers and Gurevych, 2019), over weights that the user has. Not here: reading files.

mod layers;
mod tensors;
mod word_pieces;

use std::fmt;

use serde::Deserialize;

use layers::Layer;
use tensors::{Matrix, Norm, Tensors, add, normalise};
use word_pieces::WordPieces;

/// The files of a model, as `sentence-transformers` saves one.
pub struct ModelFiles {
    /// `config.json`.
    pub config: String,
    /// The vocabulary.
    pub vocabulary: VocabularyFile,
    /// `model.safetensors`.
    pub weights: Vec<u8>,
    /// `sentence_bert_config.json`, where there is one.
    pub sentences: Option<String>,
}

/// The file that holds a model's vocabulary.
pub enum VocabularyFile {
    /// `vocab.txt`: a piece a line.
    Lines(String),
    /// `tokenizer.json`, which newer releases save alone.
    Tokenizer(String),
}

/// Pieces of a sentence that are read where the model does not tell.
const USUAL_LENGTH: usize = 256;

/// What `config.json` has to say.
#[derive(Deserialize)]
struct Shape {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    vocab_size: usize,
    layer_norm_eps: f32,
    hidden_act: String,
}

/// What `sentence_bert_config.json` has to say.
#[derive(Deserialize)]
struct Sentences {
    max_seq_length: usize,
}

/// A model of sentences.
pub struct SentenceModel {
    pieces: WordPieces,
    words: Matrix,
    positions: Matrix,
    kinds: Matrix,
    norm: Norm,
    layers: Vec<Layer>,
    longest: usize,
}

impl SentenceModel {
    /// Takes a model over from its files.
    ///
    /// # Errors
    /// What of them is no use, in words.
    pub fn new(files: &ModelFiles) -> Result<Self, String> {
        let shape: Shape = serde_json::from_str(&files.config)
            .map_err(|error| format!("config.json can't be read: {error}"))?;
        shape.check()?;
        let sentences = files
            .sentences
            .as_deref()
            .map(serde_json::from_str::<Sentences>);
        let sentences = sentences
            .transpose()
            .map_err(|error| format!("sentence_bert_config.json can't be read: {error}"))?;
        let longest = sentences.map_or(USUAL_LENGTH, |sentences| sentences.max_seq_length);
        let tensors = Tensors::read(&files.weights)?;
        let width = shape.hidden_size;
        let embedding = |name: &str, rows| {
            let name = format!("embeddings.{name}_embeddings.weight");
            tensors.matrix(&name, rows, width)
        };
        let layers = (0..shape.num_hidden_layers)
            .map(|number| Layer::read(&tensors, number, &shape))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            pieces: WordPieces::read(&files.vocabulary, shape.vocab_size)?,
            words: embedding("word", shape.vocab_size)?,
            positions: embedding("position", shape.max_position_embeddings)?,
            kinds: embedding("token_type", 2)?,
            norm: tensors.norm("embeddings.LayerNorm", width, shape.layer_norm_eps)?,
            layers,
            longest: longest.clamp(2, shape.max_position_embeddings),
        })
    }

    /// A unit vector for a text; what of it is beyond the model's length is not read.
    pub(crate) fn vector(&self, text: &str) -> Vec<f32> {
        let ids = self.pieces.ids(text, self.longest);
        let mut states = Vec::with_capacity(ids.len() * self.words.columns());
        for (place, id) in ids.iter().enumerate() {
            let start = states.len();
            states.extend_from_slice(self.words.row(*id));
            add(&mut states[start..], self.positions.row(place));
            add(&mut states[start..], self.kinds.row(0));
        }
        self.norm.apply(&mut states);
        for layer in &self.layers {
            layer.apply(&mut states);
        }
        let mut mean = vec![0.0; self.words.columns()];
        for state in states.chunks_exact(mean.len()) {
            add(&mut mean, state);
        }
        normalise(&mut mean);
        mean
    }
}

impl Shape {
    fn check(&self) -> Result<(), String> {
        if self.model_type != "bert" || self.hidden_act != "gelu" {
            return Err(format!(
                "it is a model of the type '{}' with '{}', and only 'bert' with 'gelu' is known",
                self.model_type, self.hidden_act
            ));
        }
        let heads = self.num_attention_heads;
        if heads == 0 || self.hidden_size == 0 || !self.hidden_size.is_multiple_of(heads) {
            return Err("its width can't be shared by its heads".to_owned());
        }
        Ok(())
    }
}

impl fmt::Debug for SentenceModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentenceModel")
            .field("layers", &self.layers.len())
            .field("width", &self.words.columns())
            .finish_non_exhaustive()
    }
}
