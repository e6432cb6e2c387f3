//! Which prompts are refused. Not here: the judgement itself (see `moderation`), nor the words of
//! a refusal.

use crate::moderation;

/// Whether a prompt asks for what no assistant should give. Costs one pass over its bytes for a
/// harmless prompt.
pub(crate) fn is_due(prompt: &str) -> bool {
    moderation::may_alarm(prompt) && moderation::alarms(prompt)
}
