//! How a world behaves as a whole.

/// Whether a world keeps state and checks meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// State, 404s and cross-field rules as the provider has them.
    #[default]
    Realistic,
    /// The contract only: any key, any model, any id.
    Mock,
}
