//! Texts in a grammar.
