//! The closed lists: endpoints, modalities, abilities and request parameters, each with the name
//! that the data files and the wire use.

/// An enum whose members have one name each, in the data files and on the wire alike.
macro_rules! named {
    ($(#[$about:meta])* $list:ident { $($(#[$doc:meta])* $member:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
        pub enum $list { $($(#[$doc])* #[serde(rename = $name)] $member,)+ }

        impl $list {
            /// All members, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$member),+];

            /// The name in data files and on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$member => $name,)+ }
            }
        }
    };
}

named! {
    /// What a model can be called for.
    Endpoint {
        /// Chat completions.
        Chat = "chat",
        /// Completions of a plain prompt.
        Completions = "completions",
        /// Responses.
        Responses = "responses",
        /// Embeddings.
        Embeddings = "embeddings",
        /// Moderations.
        Moderations = "moderations",
        /// Images made or edited.
        Images = "images",
        /// Speech made from text.
        Speech = "speech",
        /// Text made from speech.
        Transcriptions = "transcriptions",
        /// English text made from speech.
        Translations = "translations",
        /// Realtime sessions.
        Realtime = "realtime",
        /// Videos.
        Videos = "videos",
        /// Documents put in order of relevance.
        Rerank = "rerank",
    }
}

named! {
    /// What goes into a model or comes out of it.
    Modality {
        /// Text.
        Text = "text",
        /// Still images.
        Image = "image",
        /// Sound.
        Audio = "audio",
        /// Moving images.
        Video = "video",
    }
}

named! {
    /// What a model can do beyond answering.
    Ability {
        /// Answers as a stream.
        Streaming = "streaming",
        /// Calls tools.
        Tools = "tools",
        /// Calls several tools in one turn.
        ParallelTools = "parallel_tools",
        /// Answers with some JSON object.
        JsonMode = "json_mode",
        /// Answers by a JSON Schema.
        StructuredOutputs = "structured_outputs",
        /// Takes a predicted answer.
        PredictedOutputs = "predicted_outputs",
        /// Prompts are cached.
        PromptCaching = "prompt_caching",
        /// Searches the web by itself or by a hosted tool.
        WebSearch = "web_search",
        /// Can be fine-tuned.
        FineTuning = "fine_tuning",
    }
}

named! {
    /// A request parameter that some models refuse; the name is that of chat completions.
    Parameter {
        /// Sampling temperature.
        Temperature = "temperature",
        /// Nucleus sampling.
        TopP = "top_p",
        /// Penalty for tokens that have appeared.
        PresencePenalty = "presence_penalty",
        /// Penalty by how often tokens have appeared.
        FrequencyPenalty = "frequency_penalty",
        /// Probabilities of the tokens sent.
        Logprobs = "logprobs",
        /// Probabilities of the alternatives.
        TopLogprobs = "top_logprobs",
        /// Biased tokens.
        LogitBias = "logit_bias",
        /// The old name of the output limit in chat.
        MaxTokens = "max_tokens",
        /// Stop sequences.
        Stop = "stop",
        /// Whether several tools may be called at once.
        ParallelToolCalls = "parallel_tool_calls",
        /// How much to reason.
        ReasoningEffort = "reasoning_effort",
        /// How long to answer.
        Verbosity = "verbosity",
        /// A predicted answer.
        Prediction = "prediction",
    }
}
