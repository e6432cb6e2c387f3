//! Whose wire an operation is of: what its errors look like and which keys it takes follow from it.

/// The maker of a wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Api {
    /// OpenAI's own.
    #[default]
    OpenAi,
    /// Azure OpenAI.
    Azure,
    /// NVIDIA NIM.
    Nim,
    /// vLLM, where it goes beyond OpenAI's.
    Vllm,
    /// SGLang, where it goes beyond OpenAI's.
    Sglang,
    /// Triton, as it stands in front of TensorRT-LLM.
    Triton,
    /// Cohere.
    Cohere,
    /// The Solido assistant.
    Solido,
}

impl Api {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::OpenAi,
        Self::Azure,
        Self::Nim,
        Self::Vllm,
        Self::Sglang,
        Self::Triton,
        Self::Cohere,
        Self::Solido,
    ];

    /// The name in the files of rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Azure => "azure",
            Self::Nim => "nim",
            Self::Vllm => "vllm",
            Self::Sglang => "sglang",
            Self::Triton => "triton",
            Self::Cohere => "cohere",
            Self::Solido => "solido",
        }
    }

    /// From its name in the files of rows.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.name() == name)
    }
}
